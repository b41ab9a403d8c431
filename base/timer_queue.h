// Timers of one event loop, in order of time and then of scheduling. Not thread-safe.
//
// A binary heap in which every timer knows its place: a timer per operation, scheduled seconds
// ahead and cancelled at once, costs no hashing, and leaves nothing behind. Memory follows the most
// timers that were ever pending at the same time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/event_loop.h"

namespace weir {

class TimerQueue {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  TimerId Schedule(int64_t at_ns, TimerHandler* handler);
  void Cancel(TimerId timer);
  int64_t NextNs() const { return heap_.empty() ? kNever : heap_.front().at_ns; }
  size_t pending() const { return heap_.size(); }

  // Runs every timer due at now_ns, including those that a handler adds for now_ns or before.
  void RunDue(int64_t now_ns);

 private:
  // A TimerId is a sequence number, so that ids ascend, with the slot in its low bits.
  static constexpr int kSlotBits = 22;
  static constexpr uint64_t kSlotMask = (uint64_t{1} << kSlotBits) - 1;

  struct Entry {
    int64_t at_ns;
    TimerId id;
    bool operator<(const Entry& other) const {
      return at_ns != other.at_ns ? at_ns < other.at_ns : id < other.id;
    }
  };
  struct Slot {
    TimerId id = 0;  // 0: free
    TimerHandler* handler = nullptr;
    size_t position = 0;  // in heap_
  };

  Slot& SlotOf(TimerId id) { return slots_[id & kSlotMask]; }
  uint64_t TakeSlot();
  TimerHandler* Remove(Slot& slot);
  void Place(size_t position, const Entry& entry);
  void SiftUp(size_t position, const Entry& entry);
  void SiftDown(size_t position, const Entry& entry);

  std::vector<Entry> heap_;  // heap_[i] is not after heap_[2·i + 1] and heap_[2·i + 2]
  std::vector<Slot> slots_;
  std::vector<uint64_t> free_slots_;
  uint64_t last_sequence_ = 0;
};

}  // namespace weir
