#include "tests/cluster/link.h"

#include <gtest/gtest.h>

#include "tests/cluster/delay_queue.h"

namespace weir::cluster {
namespace {

constexpr int64_t kMs = 1'000'000;

Link With(const LinkConditions& conditions) {
  Link link(7);
  link.Set(conditions);
  return link;
}

TEST(Link, TakesItsDelay) {
  Link link = With({.delay_ns = 15 * kMs});
  EXPECT_EQ(link.Send(100, 60), 100 + 15 * kMs);
}

TEST(Link, SpreadsTheDelayByTheJitterAndNoFurther) {
  int64_t least = INT64_MAX, most = 0;
  for (int64_t i = 0; i < 1000; ++i) {
    Link link(static_cast<uint64_t>(i));
    link.Set({.delay_ns = 20 * kMs, .jitter_ns = 5 * kMs});
    const int64_t taken = link.Send(0, 60).value();
    least = std::min(least, taken);
    most = std::max(most, taken);
  }
  EXPECT_GE(least, 15 * kMs);
  EXPECT_LT(least, 15.2 * kMs);
  EXPECT_LE(most, 25 * kMs);
  EXPECT_GT(most, 24.8 * kMs);
}

TEST(Link, LetsNoFrameOvertakeAnother) {
  Link link = With({.delay_ns = 20 * kMs, .jitter_ns = 20 * kMs});
  int64_t before = 0;
  for (int64_t now = 0; now < 1000 * kMs; now += kMs) {
    const int64_t arrival = link.Send(now, 60).value();
    EXPECT_GE(arrival, before);
    before = arrival;
  }
}

TEST(Link, LosesTheShareOfFramesThatItIsTold) {
  Link link = With({.loss_ppm = 20'000});
  int lost = 0;
  for (int i = 0; i < 100'000; ++i) lost += !link.Send(i, 60).has_value();
  EXPECT_NEAR(lost, 2000, 150);
}

TEST(Link, MakesFramesWaitForThoseBeforeThem) {
  Link link = With({.delay_ns = kMs, .bits_per_second = 8'000'000});  // a byte each microsecond
  EXPECT_EQ(link.Send(0, 1000), 2 * kMs);
  EXPECT_EQ(link.Send(0, 1000), 3 * kMs);
  EXPECT_EQ(link.Send(10 * kMs, 1000), 12 * kMs);
}

TEST(Link, TakesNothingWhenItIsCut) {
  Link link = With({.cut = true});
  EXPECT_EQ(link.Send(0, 60), std::nullopt);
  link.Set({});
  EXPECT_EQ(link.Send(5, 60), 5);
}

TEST(DelayQueue, GivesFramesOutInTheOrderOfTheirArrivalThenOfTheirSending) {
  DelayQueue queue;
  EXPECT_EQ(queue.NextNs(), DelayQueue::kNever);
  queue.Push(30, {0, 1, "late"});
  queue.Push(10, {0, 1, "first"});
  queue.Push(10, {0, 1, "second"});
  EXPECT_EQ(queue.NextNs(), 10);
  EXPECT_EQ(queue.Pop().bytes, "first");
  EXPECT_EQ(queue.Pop().bytes, "second");
  EXPECT_EQ(queue.NextNs(), 30);
  EXPECT_EQ(queue.Pop().bytes, "late");
  EXPECT_EQ(queue.NextNs(), DelayQueue::kNever);
}

}  // namespace
}  // namespace weir::cluster
