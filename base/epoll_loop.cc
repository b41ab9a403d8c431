#include "base/epoll_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"

namespace weir {
namespace {

constexpr int kEventsPerWait = 64;
constexpr int64_t kLongestWaitNs = 10 * kNsPerSecond;

}  // namespace

EpollLoop::EpollLoop()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  WEIR_CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  epoll_event event{.events = EPOLLIN, .data = {.fd = wake_fd_}};
  WEIR_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0);
}

EpollLoop::~EpollLoop() {
  close(wake_fd_);
  close(epoll_fd_);
}

int64_t EpollLoop::Now() const { return MonotonicNs(); }

void EpollLoop::Watch(int fd, uint32_t epoll_events, IoHandler* handler) {
  WEIR_CHECK(handlers_.emplace(fd, handler).second);
  epoll_event event{.events = epoll_events, .data = {.fd = fd}};
  WEIR_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void EpollLoop::Rewatch(int fd, uint32_t epoll_events) {
  epoll_event event{.events = epoll_events, .data = {.fd = fd}};
  WEIR_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void EpollLoop::Unwatch(int fd) {
  if (handlers_.erase(fd) == 0) return;
  // The descriptor may be closed already, by a library that owns it.
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

TimerId EpollLoop::Schedule(int64_t at_ns, TimerHandler* handler) {
  return timers_.Schedule(at_ns, handler);
}

void EpollLoop::Cancel(TimerId timer) { timers_.Cancel(timer); }

int EpollLoop::Wait(epoll_event* events, int capacity, int64_t wait_ns) {
  if (fine_waits_) {
    const timespec wait{wait_ns / kNsPerSecond, wait_ns % kNsPerSecond};
    const int ready = epoll_pwait2(epoll_fd_, events, capacity, &wait, nullptr);
    if (ready >= 0 || errno != ENOSYS) return ready;
    fine_waits_ = false;
  }
  return epoll_wait(epoll_fd_, events, capacity, static_cast<int>(wait_ns / kNsPerMs));
}

void EpollLoop::RunOnce(int64_t until_ns) {
  const int64_t now = Now();
  const int64_t wake_ns = std::min(until_ns, timers_.NextNs());
  const int64_t wait_ns = std::clamp<int64_t>(wake_ns - now, 0, kLongestWaitNs);
  epoll_event events[kEventsPerWait];
  const int ready = Wait(events, kEventsPerWait, wait_ns);
  for (int i = 0; i < ready; ++i) {
    if (events[i].data.fd == wake_fd_) {
      uint64_t count;
      [[maybe_unused]] const ssize_t drained = read(wake_fd_, &count, sizeof(count));
      continue;
    }
    // A handler that ran before may have unwatched this one.
    const auto handler = handlers_.find(events[i].data.fd);
    if (handler != handlers_.end()) handler->second->OnReady(events[i].events);
  }
  timers_.RunDue(Now());
}

void EpollLoop::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

}  // namespace weir
