// Who is connected to the dashboard: strangers until they have shown its token, then guests, of
// which there is a number apart, so that strangers cannot take the room of guests. One thread.
#pragma once

#include <cstddef>
#include <list>

namespace weir {

class DashboardVisitors {
 public:
  struct Visitor {
    int socket;
    bool welcome = false;
    std::list<Visitor*>::iterator place;  // among the strangers
  };

  DashboardVisitors(size_t most_guests, size_t most_strangers)
      : most_guests_(most_guests), most_strangers_(most_strangers) {}

  // A connection has come; owned by whoever calls, until Leave. Of more strangers than there may
  // be, the first is shut, which lets its socket's owner find it closed.
  Visitor* Enter(int socket);

  // It has shown the token; false when there are too many guests.
  bool Welcome(Visitor* visitor);

  // It is gone; the socket is still its own.
  void Leave(Visitor* visitor);

  size_t guests() const { return guests_; }
  size_t strangers() const { return strangers_.size(); }

 private:
  void Forget(Visitor* visitor);

  const size_t most_guests_;
  const size_t most_strangers_;
  std::list<Visitor*> strangers_;  // in the order in which they came; shut ones are not among them
  size_t guests_ = 0;
};

}  // namespace weir
