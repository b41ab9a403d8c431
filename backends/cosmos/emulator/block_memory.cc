#include "backends/cosmos/emulator/block_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/check.h"

namespace weir::cosmos::emulator {
namespace {

constexpr size_t kFirstChunk = 64 << 10;  // a container may stay small
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kLargestChunk = 16 << 20;

}  // namespace

void BlockMemory::FreeChunk::operator()(char* chunk) const { std::free(chunk); }

void* BlockMemory::Allocate(size_t bytes) {
  if (bytes > kLargest) return ::operator new(bytes);
  const size_t size_class = std::max<size_t>(1, ClassOf(bytes));
  const size_t size = size_class * kGrain;
  const std::scoped_lock lock(mutex_);
  if (FreeBlock* block = free_[size_class]; block != nullptr) {
    free_[size_class] = block->next;
    return block;
  }
  if (left_ < size) AddChunk();
  void* block = next_;
  next_ += size;
  left_ -= size;
  return block;
}

void BlockMemory::Free(void* block, size_t bytes) {
  if (bytes > kLargest) return ::operator delete(block);
  const size_t size_class = std::max<size_t>(1, ClassOf(bytes));
  const std::scoped_lock lock(mutex_);
  free_[size_class] = new (block) FreeBlock{free_[size_class]};
}

// What is left of the chunk before is lost: less than a block.
void BlockMemory::AddChunk() {
  const size_t size =
      chunks_.empty()
          ? kFirstChunk
          : std::min(kLargestChunk, kFirstChunk << std::min<size_t>(chunks_.size(), 16));
  const size_t alignment = size >= kHugePage ? kHugePage : size_t{4096};
  next_ = static_cast<char*>(std::aligned_alloc(alignment, size));
  WEIR_CHECK(next_ != nullptr);
  if (size >= kHugePage) madvise(next_, size, MADV_HUGEPAGE);
  left_ = size;
  chunks_.emplace_back(next_);
}

}  // namespace weir::cosmos::emulator
