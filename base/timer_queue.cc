#include "base/timer_queue.h"

#include "base/check.h"

namespace weir {

TimerId TimerQueue::Schedule(int64_t at_ns, TimerHandler* handler) {
  const uint64_t slot = TakeSlot();
  const TimerId id = ++last_sequence_ << kSlotBits | slot;
  slots_[slot] = {.id = id, .handler = handler};
  heap_.emplace_back();
  SiftUp(heap_.size() - 1, {at_ns, id});
  return id;
}

void TimerQueue::Cancel(TimerId timer) {
  if (timer == 0 || (timer & kSlotMask) >= slots_.size()) return;
  Slot& slot = SlotOf(timer);
  if (slot.id == timer) Remove(slot);
}

void TimerQueue::RunDue(int64_t now_ns) {
  while (NextNs() <= now_ns && !heap_.empty()) Remove(SlotOf(heap_.front().id))->OnTimer();
}

uint64_t TimerQueue::TakeSlot() {
  if (free_slots_.empty()) {
    WEIR_CHECK(slots_.size() <= kSlotMask);
    slots_.emplace_back();
    return slots_.size() - 1;
  }
  const uint64_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

TimerHandler* TimerQueue::Remove(Slot& slot) {
  const size_t hole = slot.position;
  const Entry last = heap_.back();
  heap_.pop_back();
  free_slots_.push_back(slot.id & kSlotMask);
  slot.id = 0;
  if (hole == heap_.size()) return slot.handler;
  const bool rises = hole > 0 && last < heap_[(hole - 1) / 2];
  rises ? SiftUp(hole, last) : SiftDown(hole, last);
  return slot.handler;
}

void TimerQueue::Place(size_t position, const Entry& entry) {
  heap_[position] = entry;
  SlotOf(entry.id).position = position;
}

void TimerQueue::SiftUp(size_t position, const Entry& entry) {
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (!(entry < heap_[parent])) break;
    Place(position, heap_[parent]);
    position = parent;
  }
  Place(position, entry);
}

void TimerQueue::SiftDown(size_t position, const Entry& entry) {
  for (size_t child; (child = 2 * position + 1) < heap_.size(); position = child) {
    if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
    if (!(heap_[child] < entry)) break;
    Place(position, heap_[child]);
  }
  Place(position, entry);
}

}  // namespace weir
