// The event loop in virtual time: the clock stands still while code runs and jumps to the next
// timer in RunOnce. Has no descriptors. Deterministic: the same schedule gives the same order.
#pragma once

#include "base/event_loop.h"
#include "base/timer_queue.h"

namespace weir {

class SimulatedLoop final : public EventLoop {
 public:
  explicit SimulatedLoop(int64_t start_ns = 0) : now_ns_(start_ns) {}

  int64_t Now() const override { return now_ns_; }
  void Watch(int fd, uint32_t epoll_events, IoHandler* handler) override;
  void Rewatch(int fd, uint32_t epoll_events) override;
  void Unwatch(int fd) override;
  TimerId Schedule(int64_t at_ns, TimerHandler* handler) override;
  void Cancel(TimerId timer) override;
  void RunOnce(int64_t until_ns) override;
  void Wake() override { woken_ = true; }

  // When the next timer is due; TimerQueue::kNever when there is none.
  int64_t NextTimerNs() const { return timers_.NextNs(); }

  // Time that code takes: what runs next runs this much later.
  void Advance(int64_t ns) { now_ns_ += ns; }

 private:
  int64_t now_ns_;
  bool woken_ = false;
  TimerQueue timers_;
};

}  // namespace weir
