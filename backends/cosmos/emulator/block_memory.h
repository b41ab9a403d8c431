// Memory for what a container keeps of its items: many small blocks, few of them ever freed.
//
// ItemMemory is the container's: chunks of 2 MB, aligned to their size, that ask the kernel for
// huge pages. A block is known by a BlockRef of 4 bytes wherever it is kept, and every block finds
// its ItemMemory by its own address. BlockMemory is a partition's part of it: it carves blocks
// without a header for each. At hundreds of thousands of items a second the page faults of small
// allocations would cost more than the items.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace weir::cosmos::emulator {

class ShapeBook;

// A block of an ItemMemory; 0 is none.
using BlockRef = uint32_t;

// Any thread.
class ItemMemory {
 public:
  static constexpr size_t kGrain = 16;  // of addresses
  static constexpr size_t kChunk = 2 << 20;
  static constexpr size_t kPadding = 64;  // readable behind every block
  static constexpr size_t kLargestSlice = kChunk - 2 * kPadding;

  // shapes: of the items; outlives this. Null when there are none.
  explicit ItemMemory(ShapeBook* shapes = nullptr);
  ~ItemMemory();
  ItemMemory(const ItemMemory&) = delete;
  ItemMemory& operator=(const ItemMemory&) = delete;

  // Filled with zeros. bytes: at most kLargestSlice, a multiple of kGrain.
  char* Take(size_t bytes);
  // bytes: as taken. Kept for whoever takes as many again.
  void Give(char* slice, size_t bytes);
  // From the heap, outside all chunks; freed with this at the latest.
  char* TakeLong(size_t bytes);
  void GiveLong(char* bytes);

  template <typename T>
  T* At(BlockRef ref) const {
    if (ref == 0) return nullptr;
    return reinterpret_cast<T*>(chunks_[ref >> kShift] + (ref & kMask) * kGrain);
  }

  // Of any block, by its address.
  static BlockRef RefOf(const void* block) {
    if (block == nullptr) return 0;
    const auto address = reinterpret_cast<uintptr_t>(block);
    return (HeadOf(block).number << kShift) |
           static_cast<BlockRef>((address & (kChunk - 1)) / kGrain);
  }
  static const ItemMemory& Of(const void* block) { return *HeadOf(block).memory; }
  ShapeBook* shapes() const { return shapes_; }

 private:
  static constexpr int kShift = 17;  // 2 MB in grains
  static constexpr BlockRef kMask = (1U << kShift) - 1;
  static constexpr size_t kMostChunks = 1U << (32 - kShift);

  struct ChunkHead {
    ItemMemory* memory;
    uint32_t number;
  };
  static const ChunkHead& HeadOf(const void* block) {
    return *reinterpret_cast<const ChunkHead*>(reinterpret_cast<uintptr_t>(block) & ~(kChunk - 1));
  }
  static constexpr size_t kHead = 64;
  char* AddChunk();  // what it has behind its head

  ShapeBook* const shapes_;
  std::mutex mutex_;
  char** const chunks_;  // room for all there can be; touched as far as there are any
  uint32_t count_ = 0;   // guarded by mutex_, as all below
  char* next_ = nullptr;
  size_t left_ = 0;
  absl::flat_hash_map<size_t, std::vector<char*>> given_;  // by size
  absl::flat_hash_map<char*, std::unique_ptr<char[]>> long_;
};

// Its owner's mutex.
class BlockMemory {
 public:
  static constexpr size_t kLargest = 4096;  // of a block

  // memory outlives it.
  explicit BlockMemory(ItemMemory* memory) : memory_(memory) {}
  ~BlockMemory() = default;
  BlockMemory(const BlockMemory&) = delete;
  BlockMemory& operator=(const BlockMemory&) = delete;

  ItemMemory* memory() const { return memory_; }

  // Aligned to 16 bytes. bytes: at most kLargest.
  void* Allocate(size_t bytes);
  // bytes: as allocated, by this or another BlockMemory of the same ItemMemory. The memory is kept
  // for blocks of about that size.
  void Free(void* block, size_t bytes);

 private:
  static constexpr size_t kGrain = ItemMemory::kGrain;
  struct FreeBlock {
    FreeBlock* next;
  };

  static size_t ClassOf(size_t bytes) { return bytes == 0 ? 1 : (bytes + kGrain - 1) / kGrain; }

  ItemMemory* const memory_;
  std::array<FreeBlock*, kLargest / kGrain + 1> free_{};
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t slice_ = 16 << 10;  // the next that is taken; a partition may stay small
};

}  // namespace weir::cosmos::emulator
