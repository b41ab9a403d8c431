// A worker's operations, from their first attempt until they are settled, and which of them are in
// flight, by age. Slots are used again: nothing is allocated per operation. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "agent/lanes.h"
#include "backends/api/backend.h"
#include "base/check.h"
#include "generators/operation_plan.h"

namespace weir {

struct Slot {  // one operation, over all its attempts
  static constexpr Ticket kNone = UINT32_MAX;

  PlannedOperation planned;
  AppliedRecords applied;
  uint64_t index = 0;  // in the plan
  size_t cell = 0;
  uint32_t second = 0;  // of the intended start
  Lane* lane = nullptr;
  int64_t intended_ns = 0;
  int64_t dispatched_ns = 0;
  int64_t first_sent_ns = 0;
  int64_t sent_ns = 0;
  int64_t alive_ns = 0;  // the timeout counts from here: sent, or seen to go on
  int64_t charge = 0;    // of all attempts
  uint32_t moves = 0;    // attempts that went to where the data no longer were
  Ticket older = kNone;  // neighbours in flight, by alive_ns
  Ticket newer = kNone;
  bool in_flight = false;
};

class OperationSlots {
 public:
  Slot& operator[](Ticket ticket) { return *slots_[ticket]; }

  Ticket Take();
  void Free(Ticket ticket) { free_.push_back(ticket); }

  void Launch(Ticket ticket, int64_t now_ns);   // an attempt is sent
  void Land(Ticket ticket);                     // and over
  void Refresh(Ticket ticket, int64_t now_ns);  // it was seen to go on

  uint64_t in_flight() const { return in_flight_; }
  // Of those in flight the one that has shown no sign for the longest; kNone: none is in flight.
  Ticket oldest() const { return oldest_; }
  int64_t OldestAliveNs() const { return slots_[oldest_]->alive_ns; }

 private:
  void LinkNewest(Ticket ticket);
  void Unlink(Ticket ticket);

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Ticket> free_;
  Ticket oldest_ = Slot::kNone;
  Ticket newest_ = Slot::kNone;
  uint64_t in_flight_ = 0;
};

// On the path of every operation.
inline void OperationSlots::Launch(Ticket ticket, int64_t now_ns) {
  Slot& slot = *slots_[ticket];
  slot.sent_ns = slot.alive_ns = now_ns;
  slot.in_flight = true;
  ++in_flight_;
  LinkNewest(ticket);
}

inline void OperationSlots::Land(Ticket ticket) {
  Slot& slot = *slots_[ticket];
  WEIR_CHECK(slot.in_flight);
  slot.in_flight = false;
  --in_flight_;
  Unlink(ticket);
}

inline void OperationSlots::LinkNewest(Ticket ticket) {
  Slot& slot = *slots_[ticket];
  slot.older = newest_;
  slot.newer = Slot::kNone;
  (newest_ == Slot::kNone ? oldest_ : slots_[newest_]->newer) = ticket;
  newest_ = ticket;
}

inline void OperationSlots::Unlink(Ticket ticket) {
  Slot& slot = *slots_[ticket];
  (slot.older == Slot::kNone ? oldest_ : slots_[slot.older]->newer) = slot.newer;
  (slot.newer == Slot::kNone ? newest_ : slots_[slot.newer]->older) = slot.older;
}

}  // namespace weir
