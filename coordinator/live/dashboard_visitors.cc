#include "coordinator/live/dashboard_visitors.h"

#include <sys/socket.h>

namespace weir {

DashboardVisitors::Visitor* DashboardVisitors::Enter(int socket) {
  auto* const visitor = new Visitor{.socket = socket};
  visitor->place = strangers_.insert(strangers_.end(), visitor);
  if (strangers_.size() > most_strangers_) {
    Visitor* first = strangers_.front();
    Forget(first);
    shutdown(first->socket, SHUT_RDWR);
  }
  return visitor;
}

bool DashboardVisitors::Welcome(Visitor* visitor) {
  if (visitor->welcome) return true;
  if (guests_ >= most_guests_) return false;
  Forget(visitor);
  visitor->welcome = true;
  ++guests_;
  return true;
}

void DashboardVisitors::Leave(Visitor* visitor) {
  if (visitor->welcome) --guests_;
  Forget(visitor);
  delete visitor;
}

void DashboardVisitors::Forget(Visitor* visitor) {
  if (visitor->place == strangers_.end()) return;
  strangers_.erase(visitor->place);
  visitor->place = strangers_.end();
}

}  // namespace weir
