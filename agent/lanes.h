// A worker's sessions, each in a lane, and which of them can take an operation. Work spreads over
// the sessions: the lane that has just been used goes to the end of the queue. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/status.h"

#include "backends/api/backend.h"
#include "base/event_loop.h"

namespace weir {

struct Lane {  // one session
  std::unique_ptr<Session> session;
  bool queued = false;  // among those that may be free
  bool unflushed = false;
};

class Lanes {
 public:
  // What is passed in outlives the lanes.
  absl::Status Open(uint32_t sessions, Backend& backend, EventLoop& loop, CompletionSink& sink);

  // Whether one may be free: Free tells.
  bool any() const { return !ready_.empty(); }
  // The first in the queue that has capacity; null where none has.
  Lane* Free();
  // May complete inside.
  void Start(Lane* lane, const Operation& operation, Ticket ticket);
  // It may have capacity again.
  void Offer(Lane* lane);
  void Offer(const Session* session);
  // Sends what sessions have gathered since the last time.
  void Flush();

 private:
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::deque<Lane*> ready_;
  std::vector<Lane*> unflushed_;
};

// On the path of every operation.
inline Lane* Lanes::Free() {
  while (!ready_.empty()) {
    Lane* lane = ready_.front();
    if (lane->session->Capacity() > 0) return lane;
    lane->queued = false;
    ready_.pop_front();
  }
  return nullptr;
}

inline void Lanes::Start(Lane* lane, const Operation& operation, Ticket ticket) {
  if (!lane->unflushed) {
    lane->unflushed = true;
    unflushed_.push_back(lane);
  }
  if (!ready_.empty() && ready_.front() == lane) {  // the next operation goes to another
    ready_.pop_front();
    lane->queued = false;
  }
  lane->session->Start(operation, ticket);
}

inline void Lanes::Offer(Lane* lane) {
  if (lane->queued || lane->session->Capacity() <= 0) return;
  lane->queued = true;
  ready_.push_back(lane);
}

}  // namespace weir
