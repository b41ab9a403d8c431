// Items by ascending numbers, most of which follow one upon the other: the order in which a
// partition's items were made, or were last written. Four bytes an item. The owner's mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "backends/cosmos/emulator/block_memory.h"

namespace weir::cosmos::emulator {

class StoredDocument;

class ItemSequence {
 public:
  // memory: of all its items; outlives it.
  explicit ItemSequence(const ItemMemory* memory) : memory_(memory) {}

  // The number's item from now on; cheapest when the number is greater than all.
  void Set(uint64_t number, StoredDocument* document);
  void Erase(uint64_t number);
  void Clear();

  StoredDocument* Find(uint64_t number) const;
  size_t size() const { return size_; }

  // Walks from one item to the next; valid until the sequence changes.
  class Walk {
   public:
    // The next item; null at the end.
    StoredDocument* Next();

   private:
    friend class ItemSequence;
    const ItemSequence* sequence_ = nullptr;
    size_t run_ = 0;
    size_t at_ = 0;
  };
  // From the first item with a number > `number`.
  Walk After(uint64_t number) const;
  Walk All() const { return WalkFrom(0, 0); }
  // From the first for which is_late(item) holds, given that it holds for all behind it.
  template <typename IsLate>
  Walk FirstWhere(IsLate is_late) const {
    size_t low = 0;
    size_t high = runs_.size();
    while (low < high) {  // the first run whose last item is late
      const size_t middle = (low + high) / 2;
      if (is_late(*LastOf(runs_[middle]))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    Walk walk = WalkFrom(low, 0);
    for (Walk ahead = walk; const StoredDocument* item = ahead.Next(); walk = ahead) {
      if (is_late(*item)) break;
    }
    return walk;
  }

 private:
  // Items with the numbers first, first + 1, …; 0 where there is none. Has one item at least.
  struct Run {
    uint64_t first;
    uint32_t size;
    uint32_t capacity;
    uint32_t items;
    std::unique_ptr<BlockRef[]> refs;

    uint64_t end() const { return first + size; }
  };

  Walk WalkFrom(size_t run, size_t at) const;
  size_t RunOf(uint64_t number) const;  // the last that begins at or before it; runs_.size(): none
  void Append(uint64_t number, BlockRef ref);
  void AddRun(size_t position, uint64_t number, uint32_t capacity, BlockRef ref);
  void CompactIfWorthIt();
  const StoredDocument* LastOf(const Run& run) const;

  const ItemMemory* memory_;
  std::vector<Run> runs_;
  size_t size_ = 0;
  size_t capacity_ = 0;  // of all runs
};

}  // namespace weir::cosmos::emulator
