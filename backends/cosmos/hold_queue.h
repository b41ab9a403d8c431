// Requests that wait until congestion control admits them: those of one event loop, in the order in
// which they came, apart for each physical partition. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "backends/cosmos/congestion_control.h"
#include "base/event_loop.h"

namespace weir::cosmos {

// A request that asks to be sent; owned by who asks. Leaves the queue before it is destroyed.
class HeldRequest {
 public:
  virtual ~HeldRequest() = default;
  // It may be sent now, as permit.records operations. May enter another request.
  virtual void OnAdmitted(const Permit& permit) = 0;

  PlannedRequest planned;

 private:
  friend class HoldQueue;
  bool waiting_ = false;
};

class HoldQueue {
 public:
  // Both outlive the queue.
  HoldQueue(CongestionControl& control, EventLoop& loop) : control_(control), loop_(loop) {}
  ~HoldQueue();
  HoldQueue(const HoldQueue&) = delete;
  HoldQueue& operator=(const HoldQueue&) = delete;

  // Admits at once, inside the call, or later from the loop.
  void Enter(HeldRequest* request);
  // Whether it was waiting.
  bool Leave(HeldRequest* request);

  CongestionControl& control() { return control_; }

 private:
  // What waits for one partition.
  struct Line : TimerHandler {
    explicit Line(HoldQueue& of) : queue(of) {}
    void OnTimer() override;

    HoldQueue& queue;
    std::deque<HeldRequest*> waiting;
    TimerId timer = 0;
  };

  void Advance(Line& line);
  bool TryFirst(Line& line);

  CongestionControl& control_;
  EventLoop& loop_;
  std::map<int32_t, std::unique_ptr<Line>> lines_;
};

}  // namespace weir::cosmos
