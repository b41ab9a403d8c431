// The event loop that waits in epoll, with nanosecond timeouts (epoll_pwait2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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
  // What watches a descriptor. A number may be closed and reused while events of its former owner
  // wait in the batch that is being handled; the serial tells them apart.
  struct Watcher {
    IoHandler* handler = nullptr;  // nullptr: not watched
    uint32_t serial = 0;
  };

  bool IsWatched(int fd) const;
  void Control(int operation, int fd, uint32_t epoll_events);
  int Wait(::epoll_event* events, int capacity, int64_t wait_ns);
  void Handle(const ::epoll_event& event);
  void DrainWakes();
  void AskForPunctualTimeouts();

  int epoll_fd_;
  int wake_fd_;
  bool punctual_ = false;
  bool fine_waits_ = true;         // false once epoll_pwait2 proved missing
  std::vector<Watcher> watchers_;  // by descriptor
  uint32_t last_serial_ = 0;
  TimerQueue timers_;
};

}  // namespace weir
