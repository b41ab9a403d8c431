#include "base/epoll_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"

namespace weir {
namespace {

constexpr int kEventsPerWait = 64;
constexpr int64_t kLongestWaitNs = 10 * kNsPerSecond;
constexpr uint64_t kWakeTag = ~uint64_t{0};  // no descriptor's: those are below 2³¹

}  // namespace

EpollLoop::EpollLoop()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  WEIR_CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeTag}};
  WEIR_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0);
}

EpollLoop::~EpollLoop() {
  close(wake_fd_);
  close(epoll_fd_);
}

int64_t EpollLoop::Now() const { return MonotonicNs(); }

void EpollLoop::Watch(int fd, uint32_t epoll_events, IoHandler* handler) {
  WEIR_CHECK(fd >= 0 && handler != nullptr);
  if (static_cast<size_t>(fd) >= watchers_.size()) watchers_.resize(static_cast<size_t>(fd) + 1);
  // Whoever closed a watched descriptor without a word has unwatched it: epoll forgot it, and takes
  // the number anew. A descriptor still open is refused here.
  watchers_[static_cast<size_t>(fd)] = {handler, ++last_serial_};
  Control(EPOLL_CTL_ADD, fd, epoll_events);
}

void EpollLoop::Rewatch(int fd, uint32_t epoll_events) {
  WEIR_CHECK(IsWatched(fd));
  Control(EPOLL_CTL_MOD, fd, epoll_events);
}

void EpollLoop::Unwatch(int fd) {
  if (!IsWatched(fd)) return;
  watchers_[static_cast<size_t>(fd)].handler = nullptr;
  // The descriptor may be closed already, by a library that owns it.
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

bool EpollLoop::IsWatched(int fd) const {
  return fd >= 0 && static_cast<size_t>(fd) < watchers_.size() &&
         watchers_[static_cast<size_t>(fd)].handler != nullptr;
}

void EpollLoop::Control(int operation, int fd, uint32_t epoll_events) {
  const uint64_t serial = watchers_[static_cast<size_t>(fd)].serial;
  epoll_event event{.events = epoll_events,
                    .data = {.u64 = serial << 32 | static_cast<uint32_t>(fd)}};
  WEIR_CHECK(epoll_ctl(epoll_fd_, operation, fd, &event) == 0);
}

TimerId EpollLoop::Schedule(int64_t at_ns, TimerHandler* handler) {
  return timers_.Schedule(at_ns, handler);
}

void EpollLoop::Cancel(TimerId timer) { timers_.Cancel(timer); }

int EpollLoop::Wait(epoll_event* events, int capacity, int64_t wait_ns) {
  if (fine_waits_) {
    const timespec wait{wait_ns / kNsPerSecond, wait_ns % kNsPerSecond};
    const int ready = epoll_pwait2(epoll_fd_, events, capacity, &wait, nullptr);
    if (ready >= 0 || (errno != ENOSYS && errno != EPERM)) return ready;  // EPERM: seccomp
    fine_waits_ = false;
  }
  return epoll_wait(epoll_fd_, events, capacity, static_cast<int>(wait_ns / kNsPerMs));
}

// The kernel may delay a thread's timeouts by its slack, 50 µs by default, and prctl sets the slack
// of the calling thread only: hence here and not in the constructor.
void EpollLoop::AskForPunctualTimeouts() {
  prctl(PR_SET_TIMERSLACK, 1);
  punctual_ = true;
}

void EpollLoop::RunOnce(int64_t until_ns) {
  if (!punctual_) AskForPunctualTimeouts();
  const int64_t now = Now();
  const int64_t wake_ns = std::min(until_ns, timers_.NextNs());
  const int64_t wait_ns = std::clamp<int64_t>(wake_ns - now, 0, kLongestWaitNs);
  epoll_event events[kEventsPerWait];
  const int ready = Wait(events, kEventsPerWait, wait_ns);
  WEIR_CHECK(ready >= 0 || errno == EINTR);
  for (int i = 0; i < ready; ++i) Handle(events[i]);
  timers_.RunDue(Now());
}

void EpollLoop::Handle(const epoll_event& event) {
  if (event.data.u64 == kWakeTag) return DrainWakes();
  const auto fd = static_cast<uint32_t>(event.data.u64);
  const uint64_t serial = event.data.u64 >> 32;
  // A handler that ran before may have unwatched this one, and watched another of its number.
  const Watcher watcher = watchers_[fd];
  if (watcher.handler != nullptr && watcher.serial == serial)
    watcher.handler->OnReady(event.events);
}

void EpollLoop::DrainWakes() {
  uint64_t count;
  [[maybe_unused]] const ssize_t drained = read(wake_fd_, &count, sizeof(count));
}

void EpollLoop::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

}  // namespace weir
