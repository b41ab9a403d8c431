// Memory for the items of a container: many small blocks, few of them ever freed. Carved from large
// chunks that ask the kernel for huge pages, without a header for each block: at hundreds of
// thousands of items a second the page faults of small allocations would cost more than the items.
// Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace weir::cosmos::emulator {

class BlockMemory {
 public:
  BlockMemory() = default;
  ~BlockMemory() = default;  // every block has been freed
  BlockMemory(const BlockMemory&) = delete;
  BlockMemory& operator=(const BlockMemory&) = delete;

  // Aligned to 16 bytes, not cleared.
  void* Allocate(size_t bytes);
  // bytes: as allocated. The memory is kept for blocks of about that size.
  void Free(void* block, size_t bytes);

 private:
  static constexpr size_t kGrain = 16;
  static constexpr size_t kLargest = 4096;  // of a block; larger ones come from the heap
  struct FreeBlock {
    FreeBlock* next;
  };
  struct FreeChunk {
    void operator()(char* chunk) const;
  };

  static size_t ClassOf(size_t bytes) { return (bytes + kGrain - 1) / kGrain; }
  void AddChunk();

  std::mutex mutex_;
  std::array<FreeBlock*, kLargest / kGrain + 1> free_{};  // guarded by mutex_, as all below
  char* next_ = nullptr;
  size_t left_ = 0;
  std::vector<std::unique_ptr<char, FreeChunk>> chunks_;
};

}  // namespace weir::cosmos::emulator
