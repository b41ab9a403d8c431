#include "backends/cosmos/emulator/block_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"

namespace weir::cosmos::emulator {
namespace {

// Address space of this size, aligned to it; backed when it is touched.
char* MapAligned(size_t size) {
  void* const mapped =
      mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  WEIR_CHECK(mapped != MAP_FAILED);
  const auto address = reinterpret_cast<uintptr_t>(mapped);
  const size_t before = (size - address % size) % size;
  char* const chunk = static_cast<char*>(mapped) + before;
  if (before > 0) munmap(mapped, before);
  munmap(chunk + size, size - before);
  return chunk;
}

}  // namespace

ItemMemory::ItemMemory(ShapeBook* shapes)
    : shapes_(shapes), chunks_(static_cast<char**>(std::calloc(kMostChunks, sizeof(char*)))) {
  WEIR_CHECK(chunks_ != nullptr);
}

ItemMemory::~ItemMemory() {
  for (uint32_t i = 0; i < count_; ++i) munmap(chunks_[i], kChunk);
  std::free(chunks_);
}

char* ItemMemory::Take(size_t bytes) {
  WEIR_CHECK(bytes <= kLargestSlice && bytes % kGrain == 0);
  const std::scoped_lock lock(mutex_);
  if (const auto given = given_.find(bytes); given != given_.end() && !given->second.empty()) {
    char* const slice = given->second.back();
    given->second.pop_back();
    std::memset(slice, 0, bytes);
    return slice;
  }
  if (left_ >= bytes) {
    left_ -= bytes;
    return std::exchange(next_, next_ + bytes);
  }
  // Of this chunk and the one before, that of which more is left is used on.
  char* const slice = AddChunk();
  const size_t rest = kChunk - kHead - kPadding - bytes;
  if (rest > left_) {
    next_ = slice + bytes;
    left_ = rest;
  }
  return slice;
}

void ItemMemory::Give(char* slice, size_t bytes) {
  const std::scoped_lock lock(mutex_);
  given_[bytes].push_back(slice);
}

char* ItemMemory::TakeLong(size_t bytes) {
  auto taken = std::make_unique_for_overwrite<char[]>(bytes);
  char* const at = taken.get();
  const std::scoped_lock lock(mutex_);
  long_.emplace(at, std::move(taken));
  return at;
}

void ItemMemory::GiveLong(char* bytes) {
  const std::scoped_lock lock(mutex_);
  long_.erase(bytes);
}

char* ItemMemory::AddChunk() {
  WEIR_CHECK(count_ < kMostChunks);  // 64 GB of items in one container
  char* const chunk = MapAligned(kChunk);
  if (count_ > 0) madvise(chunk, kChunk, MADV_HUGEPAGE);  // a container may stay small
  static_assert(sizeof(ChunkHead) <= kHead && kLargestSlice + kHead + kPadding <= kChunk);
  new (chunk) ChunkHead{this, count_};
  chunks_[count_++] = chunk;
  return chunk + kHead;
}

void* BlockMemory::Allocate(size_t bytes) {
  const size_t size_class = ClassOf(bytes);
  const size_t size = size_class * kGrain;
  WEIR_CHECK(bytes <= kLargest);
  if (FreeBlock* block = free_[size_class]; block != nullptr) {
    free_[size_class] = block->next;
    return block;
  }
  if (left_ < size) {
    next_ = memory_->Take(slice_);
    left_ = slice_;
    slice_ = std::min(2 * slice_, ItemMemory::kLargestSlice);
  }
  void* block = next_;
  next_ += size;
  left_ -= size;
  return block;
}

void BlockMemory::Free(void* block, size_t bytes) {
  const size_t size_class = ClassOf(bytes);
  free_[size_class] = new (block) FreeBlock{free_[size_class]};
}

}  // namespace weir::cosmos::emulator
