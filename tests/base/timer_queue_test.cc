#include "base/timer_queue.h"

#include <algorithm>
#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

class Calling final : public TimerHandler {
 public:
  explicit Calling(std::function<void()> call) : call_(std::move(call)) {}
  void OnTimer() override { call_(); }

 private:
  std::function<void()> call_;
};

// Writes its name down when it runs.
class Noting final : public TimerHandler {
 public:
  Noting(int name, std::vector<int>* notes) : name_(name), notes_(notes) {}
  void OnTimer() override { notes_->push_back(name_); }

 private:
  int name_;
  std::vector<int>* notes_;
};

class TimerQueueTest : public testing::Test {
 protected:
  TimerQueue queue;
  std::vector<int> ran;
  Noting first{1, &ran};
  Noting second{2, &ran};
  Noting third{3, &ran};
};

TEST_F(TimerQueueTest, HasNoNextTimeWhenEmpty) {
  EXPECT_EQ(queue.NextNs(), TimerQueue::kNever);
  queue.RunDue(TimerQueue::kNever);
}

TEST_F(TimerQueueTest, RunsInOrderOfTime) {
  queue.Schedule(30, &third);
  queue.Schedule(10, &first);
  queue.Schedule(20, &second);
  EXPECT_EQ(queue.NextNs(), 10);
  queue.RunDue(30);
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST_F(TimerQueueTest, RunsInOrderOfSchedulingAtTheSameTime) {
  const TimerId earlier = queue.Schedule(5, &third);
  queue.Schedule(5, &first);
  queue.Cancel(earlier);
  queue.Schedule(5, &second);
  queue.Schedule(5, &third);
  queue.RunDue(5);
  EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST_F(TimerQueueTest, LeavesWhatIsNotDue) {
  queue.Schedule(10, &first);
  queue.Schedule(11, &second);
  queue.RunDue(10);
  EXPECT_EQ(ran, std::vector{1});
  EXPECT_EQ(queue.NextNs(), 11);
}

TEST_F(TimerQueueTest, NeverRunsACancelledTimer) {
  queue.Schedule(10, &first);
  queue.Cancel(queue.Schedule(5, &second));
  EXPECT_EQ(queue.NextNs(), 10);
  queue.RunDue(10);
  EXPECT_EQ(ran, std::vector{1});
}

TEST_F(TimerQueueTest, CancellingWhatIsGoneDoesNothing) {
  const TimerId done = queue.Schedule(1, &first);
  queue.RunDue(1);
  queue.Schedule(2, &second);  // in the slot that the first left
  queue.Cancel(done);
  queue.Cancel(0);
  queue.Cancel(~TimerId{0});
  queue.RunDue(2);
  EXPECT_EQ(ran, (std::vector{1, 2}));
}

TEST_F(TimerQueueTest, HandlerCancelsATimerOfTheSameTime) {
  TimerId victim = 0;
  Calling canceller([&] { queue.Cancel(victim); });
  queue.Schedule(1, &canceller);
  victim = queue.Schedule(1, &first);
  queue.Schedule(1, &second);
  queue.RunDue(1);
  EXPECT_EQ(ran, std::vector{2});
}

TEST_F(TimerQueueTest, HandlerCancelsItself) {
  TimerId own = 0;
  Calling canceller([&] { queue.Cancel(own); });
  own = queue.Schedule(1, &canceller);
  queue.Schedule(2, &first);
  queue.RunDue(2);
  EXPECT_EQ(ran, std::vector{1});
  EXPECT_EQ(queue.pending(), 0u);
}

TEST_F(TimerQueueTest, RunsWhatAHandlerAddsForNow) {
  Calling adder([&] { queue.Schedule(1, &first); });
  queue.Schedule(3, &adder);
  queue.Schedule(3, &second);
  queue.RunDue(3);
  EXPECT_EQ(ran, (std::vector{1, 2}));
}

TEST_F(TimerQueueTest, NeverGivesAnIdTwice) {
  std::vector<TimerId> ids;
  for (int i = 0; i < 1'000; ++i) {
    ids.push_back(queue.Schedule(i, &first));
    if (i % 3 != 0) queue.Cancel(ids.back());
  }
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST_F(TimerQueueTest, KeepsNothingOfCancelledTimers) {
  for (int i = 0; i < 100'000; ++i) queue.Cancel(queue.Schedule(30'000'000'000 + i, &first));
  EXPECT_EQ(queue.pending(), 0u);
  EXPECT_EQ(queue.NextNs(), TimerQueue::kNever);
}

// Against a list that is searched from end to end.
TEST(TimerQueue, AgreesWithASortedListOverRandomUse) {
  struct Expected {
    int64_t at_ns;
    TimerId id;
    int name;
  };
  constexpr int kTimers = 20'000;
  std::mt19937_64 random(13);
  TimerQueue queue;
  std::vector<int> ran;
  std::vector<int> expected_ran;
  std::vector<Expected> pending;
  std::vector<Noting> handlers;
  handlers.reserve(kTimers);
  int64_t now = 0;
  const auto before = [](const Expected& a, const Expected& b) {
    return std::pair(a.at_ns, a.id) < std::pair(b.at_ns, b.id);
  };
  for (int name = 0; name < kTimers; ++name) {
    handlers.emplace_back(name, &ran);
    const int64_t at = now + static_cast<int64_t>(random() % 50);
    pending.push_back({at, queue.Schedule(at, &handlers.back()), name});
    if (random() % 2 == 0) {
      const auto victim = pending.begin() + static_cast<std::ptrdiff_t>(random() % pending.size());
      queue.Cancel(victim->id);
      pending.erase(victim);
    }
    if (random() % 8 != 0) continue;
    now += static_cast<int64_t>(random() % 20);
    queue.RunDue(now);
    std::sort(pending.begin(), pending.end(), before);
    while (!pending.empty() && pending.front().at_ns <= now) {
      expected_ran.push_back(pending.front().name);
      pending.erase(pending.begin());
    }
    ASSERT_EQ(ran, expected_ran);
    ASSERT_EQ(queue.pending(), pending.size());
  }
}

}  // namespace
}  // namespace weir
