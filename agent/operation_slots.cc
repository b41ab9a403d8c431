#include "agent/operation_slots.h"

namespace weir {

Ticket OperationSlots::Take() {
  if (free_.empty()) {
    slots_.push_back(std::make_unique<Slot>());
    return static_cast<Ticket>(slots_.size() - 1);
  }
  const Ticket ticket = free_.back();
  free_.pop_back();
  return ticket;
}

void OperationSlots::Refresh(Ticket ticket, int64_t now_ns) {
  Unlink(ticket);
  slots_[ticket]->alive_ns = now_ns;
  LinkNewest(ticket);
}

}  // namespace weir
