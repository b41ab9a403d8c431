// The event loop that waits in epoll, with nanosecond timeouts (epoll_pwait2).
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/event_loop.h"
#include "base/timer_queue.h"

struct epoll_event;

namespace weir {

class EpollLoop final : public EventLoop {
 public:
  EpollLoop();
  ~EpollLoop() override;
  EpollLoop(const EpollLoop&) = delete;
  EpollLoop& operator=(const EpollLoop&) = delete;

  int64_t Now() const override;
  void Watch(int fd, uint32_t epoll_events, IoHandler* handler) override;
  void Rewatch(int fd, uint32_t epoll_events) override;
  void Unwatch(int fd) override;
  TimerId Schedule(int64_t at_ns, TimerHandler* handler) override;
  void Cancel(TimerId timer) override;
  void RunOnce(int64_t until_ns) override;
  void Wake() override;

 private:
  int Wait(::epoll_event* events, int capacity, int64_t wait_ns);

  int epoll_fd_;
  int wake_fd_;
  bool fine_waits_ = true;  // false once the kernel said it has no epoll_pwait2
  std::unordered_map<int, IoHandler*> handlers_;
  TimerQueue timers_;
};

}  // namespace weir
