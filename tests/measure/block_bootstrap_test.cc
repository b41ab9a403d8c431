#include "measure/block_bootstrap.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

#include "base/random.h"

namespace weir {
namespace {

constexpr double kPerSecond = 80;  // arrivals
constexpr double kServed = 100;    // a second, on average
constexpr size_t kSeconds = 600;

// One server, Poisson arrivals, exponential service: responses by the second in which they end.
std::vector<SecondCounts> Queue(uint64_t seed) {
  DrawStream draws(DeriveKey(seed, "queue"), 0);
  std::vector<Histogram> seconds(kSeconds);
  double now = -100;  // long enough for the queue to forget that it was empty
  double free = now;
  while (now < static_cast<double>(kSeconds)) {
    now -= std::log(1 - draws.Unit()) / kPerSecond;
    free = std::max(now, free) - std::log(1 - draws.Unit()) / kServed;
    if (free < 0 || free >= static_cast<double>(kSeconds)) continue;
    seconds[static_cast<size_t>(free)].Record(static_cast<uint64_t>((free - now) * 1e9));
  }
  std::vector<SecondCounts> counts;
  for (const Histogram& second : seconds) counts.emplace_back(second, 0);
  return counts;
}

// p99 of the queue is ln 100 ÷ (100 − 80) seconds.
TEST(BlockBootstrap, CoversTheTruthOfAQueueThoughItsOperationsDependOnEachOther) {
  constexpr int kRuns = 100;
  const double truth = std::log(100) / (kServed - kPerSecond) * 1e9;
  int covered = 0;
  for (uint64_t run = 0; run < kRuns; ++run) {
    const auto interval =
        WithinRunIntervals(Queue(run), std::vector<double>{0.99}, {.resamples = 200})[0];
    ASSERT_TRUE(interval.has_value());
    covered += interval->low <= truth && truth <= interval->high ? 1 : 0;
  }
  EXPECT_GE(covered, 88) << "of 100";
}

TEST(BlockBootstrap, SaysNothingOfAShortRun) {
  std::vector<SecondCounts> seconds = Queue(1);
  seconds.resize(299, seconds[0]);
  EXPECT_FALSE(WithinRunIntervals(seconds, std::vector<double>{0.5}, {})[0].has_value());
  EXPECT_FALSE(WithinRunIntervals({}, std::vector<double>{0.5}, {})[0].has_value());
}

TEST(BlockBootstrap, IsTheSameEveryTimeAndWiderWithMoreConfidence) {
  const std::vector<SecondCounts> seconds = Queue(2);
  const std::vector<double> q = {0.5};
  const auto once = WithinRunIntervals(seconds, q, {.resamples = 100})[0];
  const auto again = WithinRunIntervals(seconds, q, {.resamples = 100})[0];
  EXPECT_EQ(once->low, again->low);
  EXPECT_EQ(once->high, again->high);
  EXPECT_LT(once->low, once->high);
  const auto narrow = WithinRunIntervals(seconds, q, {.resamples = 100, .confidence = 0.5})[0];
  EXPECT_LE(once->low, narrow->low);
  EXPECT_GE(once->high, narrow->high);
}

TEST(BlockBootstrap, CountsWhatDidNotSucceedAsInfinitelySlow) {
  Histogram values;
  values.RecordTimes(1000, 90);
  const std::vector<SecondCounts> seconds(300, SecondCounts(values, 10));
  const auto intervals =
      WithinRunIntervals(seconds, std::vector<double>{0.5, 0.95}, {.resamples = 20});
  EXPECT_EQ(intervals[0]->high,
            static_cast<double>(Histogram::HighestEquivalent(Histogram::IndexOf(1000))));
  EXPECT_TRUE(std::isinf(intervals[1]->low));
}

}  // namespace
}  // namespace weir
