// On the real clock, but without sleeping: what is waited for is ready, or made so by another
// thread.
#include "base/epoll_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kLongNs = 60 * kNsPerSecond;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_), 0); }
  ~Pipe() {
    CloseReader();
    close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void Write() const { EXPECT_EQ(write(ends_[1], "x", 1), 1); }
  void CloseReader() {
    if (ends_[0] >= 0) close(std::exchange(ends_[0], -1));
  }

 private:
  int ends_[2];
};

class Reacting final : public IoHandler {
 public:
  explicit Reacting(std::function<void()> react = [] {}) : react_(std::move(react)) {}
  void OnReady(uint32_t epoll_events) override {
    events = epoll_events;
    ++calls;
    react_();
  }

  int calls = 0;
  uint32_t events = 0;

 private:
  std::function<void()> react_;
};

class Counting final : public TimerHandler {
 public:
  void OnTimer() override { ++calls; }
  int calls = 0;
};

TEST(EpollLoop, CallsTheHandlerOfAReadyDescriptor) {
  EpollLoop loop;
  Pipe pipe;
  Reacting handler;
  loop.Watch(pipe.reader(), EPOLLIN, &handler);
  pipe.Write();
  loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_EQ(handler.calls, 1);
  EXPECT_TRUE(handler.events & EPOLLIN);
}

TEST(EpollLoop, KeepsCallingUntilTheDescriptorIsRead) {
  EpollLoop loop;
  Pipe pipe;
  Reacting handler;
  loop.Watch(pipe.reader(), EPOLLIN, &handler);
  pipe.Write();
  for (int i = 0; i < 3; ++i) loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_EQ(handler.calls, 3);
}

TEST(EpollLoop, LeavesAQuietDescriptorAlone) {
  EpollLoop loop;
  Pipe pipe;
  Reacting handler;
  loop.Watch(pipe.reader(), EPOLLIN, &handler);
  loop.RunOnce(loop.Now());
  EXPECT_EQ(handler.calls, 0);
}

TEST(EpollLoop, RewatchChangesWhatIsWaitedFor) {
  EpollLoop loop;
  Pipe pipe;
  Reacting handler;
  loop.Watch(pipe.writer(), EPOLLOUT, &handler);
  loop.RunOnce(loop.Now() + kLongNs);
  loop.Rewatch(pipe.writer(), 0);
  loop.RunOnce(loop.Now());
  EXPECT_EQ(handler.calls, 1);
  loop.Rewatch(pipe.writer(), EPOLLOUT);
  loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_EQ(handler.calls, 2);
}

TEST(EpollLoop, HandlerUnwatchesItself) {
  EpollLoop loop;
  Pipe pipe;
  Reacting handler([&] { loop.Unwatch(pipe.reader()); });
  loop.Watch(pipe.reader(), EPOLLIN, &handler);
  pipe.Write();
  loop.RunOnce(loop.Now() + kLongNs);
  loop.RunOnce(loop.Now());
  EXPECT_EQ(handler.calls, 1);
}

TEST(EpollLoop, HandlerUnwatchesAnotherThatIsReadyToo) {
  EpollLoop loop;
  Pipe one;
  Pipe two;
  int calls = 0;
  const auto unwatch_both = [&] {
    ++calls;
    loop.Unwatch(one.reader());
    loop.Unwatch(two.reader());
  };
  Reacting first(unwatch_both);
  Reacting second(unwatch_both);
  loop.Watch(one.reader(), EPOLLIN, &first);
  loop.Watch(two.reader(), EPOLLIN, &second);
  one.Write();
  two.Write();
  loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_EQ(calls, 1);
}

// Within one batch of events, the first handler closes the other's descriptor and opens a new one,
// which gets the number. The event still in the batch is not the new one's.
TEST(EpollLoop, EventOfAClosedDescriptorIsNotTakenForThatOfItsSuccessor) {
  EpollLoop loop;
  Pipe one;
  Pipe two;
  int successor_fd = -1;
  Reacting successor;
  const auto replace = [&](Pipe& other) {
    const int number = other.reader();
    loop.Unwatch(number);
    other.CloseReader();
    successor_fd = eventfd(0, EFD_CLOEXEC);
    ASSERT_EQ(successor_fd, number);
    loop.Watch(successor_fd, EPOLLIN, &successor);
  };
  int calls = 0;
  Reacting first([&] {
    if (++calls == 1) replace(two);
  });
  Reacting second([&] {
    if (++calls == 1) replace(one);
  });
  loop.Watch(one.reader(), EPOLLIN, &first);
  loop.Watch(two.reader(), EPOLLIN, &second);
  one.Write();
  two.Write();
  loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(successor.calls, 0);
  close(successor_fd);
}

TEST(EpollLoop, DescriptorClosedUnderItsWatchCanBeWatchedAnew) {
  EpollLoop loop;
  Reacting old_handler;
  Reacting new_handler;
  const int old_fd = eventfd(0, EFD_CLOEXEC);
  loop.Watch(old_fd, EPOLLIN, &old_handler);
  close(old_fd);
  const int new_fd = eventfd(1, EFD_CLOEXEC);
  ASSERT_EQ(new_fd, old_fd);
  loop.Watch(new_fd, EPOLLIN, &new_handler);
  loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_EQ(old_handler.calls, 0);
  EXPECT_EQ(new_handler.calls, 1);
  close(new_fd);
}

TEST(EpollLoop, UnwatchOfWhatIsNotWatchedDoesNothing) {
  EpollLoop loop;
  loop.Unwatch(-1);
  loop.Unwatch(12'345);
}

TEST(EpollLoopDeathTest, RefusesTwoWatchersOfOneDescriptor) {
  EpollLoop loop;
  Pipe pipe;
  Reacting handler;
  loop.Watch(pipe.reader(), EPOLLIN, &handler);
  EXPECT_DEATH(loop.Watch(pipe.reader(), EPOLLIN, &handler), "check failed");
}

TEST(EpollLoop, RunsADueTimer) {
  EpollLoop loop;
  Counting due;
  Counting later;
  loop.Schedule(loop.Now() - 1, &due);
  loop.Schedule(loop.Now() + kLongNs, &later);
  loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_EQ(due.calls, 1);
  EXPECT_EQ(later.calls, 0);
}

TEST(EpollLoop, WaitsForATimerAndNeverRunsItEarly) {
  EpollLoop loop;
  Counting timer;
  const int64_t at = loop.Now() + kNsPerMs;
  loop.Schedule(at, &timer);
  while (timer.calls == 0) loop.RunOnce(loop.Now() + kLongNs);
  EXPECT_GE(loop.Now(), at);
}

TEST(EpollLoop, ServesMoreDescriptorsThanOneBatchHolds) {
  EpollLoop loop;
  std::vector<Pipe> pipes(200);
  std::vector<Reacting> handlers(pipes.size());
  for (size_t i = 0; i < pipes.size(); ++i) {
    loop.Watch(pipes[i].reader(), EPOLLIN, &handlers[i]);
    pipes[i].Write();
  }
  for (int i = 0; i < 10; ++i) loop.RunOnce(loop.Now() + kLongNs);
  for (const Reacting& handler : handlers) EXPECT_GE(handler.calls, 1);
}

TEST(EpollLoop, WakeFromAnotherThreadEndsTheWait) {
  EpollLoop loop;
  const int64_t start = loop.Now();
  std::thread waker([&] { loop.Wake(); });
  loop.RunOnce(start + kLongNs);
  EXPECT_LT(loop.Now() - start, kLongNs);
  waker.join();
}

TEST(EpollLoop, WakeBeforeTheWaitEndsItOnce) {
  EpollLoop loop;
  Counting timer;
  loop.Wake();
  loop.Wake();
  loop.RunOnce(loop.Now() + kLongNs);
  // Had a wake been left, this wait would end before its timer.
  loop.Schedule(loop.Now() + kNsPerMs, &timer);
  loop.RunOnce(loop.Now() + 2 * kNsPerMs);
  EXPECT_EQ(timer.calls, 1);
}

}  // namespace
}  // namespace weir
