#include "base/simulated_loop.h"

#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Notes when it ran; runs again after `period_ns` when that is set.
class Clocked final : public TimerHandler {
 public:
  explicit Clocked(SimulatedLoop* loop) : loop_(loop) {}
  void OnTimer() override {
    times.push_back(loop_->Now());
    loop_->Advance(busy_ns);
    if (period_ns > 0) loop_->Schedule(loop_->Now() + period_ns, this);
  }

  std::vector<int64_t> times;
  int64_t busy_ns = 0;
  int64_t period_ns = 0;

 private:
  SimulatedLoop* loop_;
};

TEST(SimulatedLoop, StartsWhereItIsTold) { EXPECT_EQ(SimulatedLoop(42).Now(), 42); }

TEST(SimulatedLoop, JumpsToTheNextTimer) {
  SimulatedLoop loop(100);
  Clocked handler(&loop);
  loop.Schedule(5'000'000'000, &handler);
  loop.RunOnce(60'000'000'000);
  EXPECT_EQ(loop.Now(), 5'000'000'000);
  EXPECT_EQ(handler.times, std::vector<int64_t>{5'000'000'000});
}

TEST(SimulatedLoop, StopsAtTheGivenTimeWhenNothingIsDue) {
  SimulatedLoop loop;
  Clocked handler(&loop);
  loop.Schedule(1'000, &handler);
  loop.RunOnce(999);
  EXPECT_EQ(loop.Now(), 999);
  EXPECT_TRUE(handler.times.empty());
}

TEST(SimulatedLoop, NeverGoesBack) {
  SimulatedLoop loop(500);
  Clocked handler(&loop);
  loop.Schedule(100, &handler);
  loop.RunOnce(200);
  EXPECT_EQ(handler.times, std::vector<int64_t>{500});
}

TEST(SimulatedLoop, TimersRunLateAfterCodeThatTakesTime) {
  SimulatedLoop loop;
  Clocked slow(&loop);
  Clocked next(&loop);
  slow.busy_ns = 50;
  loop.Schedule(10, &slow);
  loop.Schedule(20, &next);
  loop.RunOnce(10);
  loop.RunOnce(30);
  EXPECT_EQ(next.times, std::vector<int64_t>{60});
}

TEST(SimulatedLoop, PeriodicTimerKeepsItsPeriod) {
  SimulatedLoop loop;
  Clocked handler(&loop);
  handler.period_ns = 7;
  loop.Schedule(7, &handler);
  while (loop.Now() < 28) loop.RunOnce(28);
  EXPECT_EQ(handler.times, (std::vector<int64_t>{7, 14, 21, 28}));
}

TEST(SimulatedLoop, CancelledTimerDoesNotRun) {
  SimulatedLoop loop;
  Clocked handler(&loop);
  loop.Cancel(loop.Schedule(10, &handler));
  loop.RunOnce(20);
  EXPECT_EQ(loop.Now(), 20);
  EXPECT_TRUE(handler.times.empty());
}

TEST(SimulatedLoop, WakeEndsOneWaitWithoutPassingTime) {
  SimulatedLoop loop(5);
  loop.Wake();
  loop.RunOnce(1'000);
  EXPECT_EQ(loop.Now(), 5);
  loop.RunOnce(1'000);
  EXPECT_EQ(loop.Now(), 1'000);
}

}  // namespace
}  // namespace weir
