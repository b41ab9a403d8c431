// One thread's event loop: file descriptors and timers. Each worker owns one; everything on it runs
// on that thread, and only Wake may be called from another.
#pragma once

#include <cstdint>

namespace weir {

class IoHandler {
 public:
  virtual ~IoHandler() = default;
  virtual void OnReady(uint32_t epoll_events) = 0;
};

class TimerHandler {
 public:
  virtual ~TimerHandler() = default;
  virtual void OnTimer() = 0;
};

// Never reused within a loop; 0 is no timer.
using TimerId = uint64_t;

// Two implementations: EpollLoop on the real clock, SimulatedLoop in virtual time (for tests and
// self-tests: no descriptors, the clock jumps to the next timer).
class EventLoop {
 public:
  virtual ~EventLoop() = default;

  virtual int64_t Now() const = 0;  // monotonic ns, read anew at each call

  // Level-triggered. The handler must stay alive until Unwatch. One handler per descriptor.
  virtual void Watch(int fd, uint32_t epoll_events, IoHandler* handler) = 0;
  virtual void Rewatch(int fd, uint32_t epoll_events) = 0;
  virtual void Unwatch(int fd) = 0;

  // Runs handler once at or after at_ns. Cancel of a timer that ran or was cancelled does nothing.
  virtual TimerId Schedule(int64_t at_ns, TimerHandler* handler) = 0;
  virtual void Cancel(TimerId timer) = 0;

  // Waits for something to do, until until_ns at the longest, and does it: due timers, ready
  // descriptors. Returns early after Wake.
  virtual void RunOnce(int64_t until_ns) = 0;

  // Makes a RunOnce that waits, or the next one, return. Any thread.
  virtual void Wake() = 0;
};

}  // namespace weir
