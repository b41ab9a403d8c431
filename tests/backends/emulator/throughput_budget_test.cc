#include "backends/cosmos/emulator/throughput_budget.h"

#include <gtest/gtest.h>

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kStart = 1000 * kNsPerSecond;

TEST(ThroughputBudget, AdmitsWhileSomethingIsLeft) {
  ThroughputBudget budget(400);
  EXPECT_TRUE(budget.Admits(kStart));
  budget.Spend(399);
  EXPECT_TRUE(budget.Admits(kStart));
  budget.Spend(1000);  // the last one may cost more than there is
  EXPECT_FALSE(budget.Admits(kStart));
}

TEST(ThroughputBudget, CarriesNothingOver) {
  ThroughputBudget budget(400);
  ASSERT_TRUE(budget.Admits(kStart));
  ASSERT_TRUE(budget.Admits(kStart + 100 * kNsPerSecond));
  budget.Spend(400);
  EXPECT_FALSE(budget.Admits(kStart + 100 * kNsPerSecond));
  EXPECT_TRUE(budget.Admits(kStart + 101 * kNsPerSecond));
}

TEST(ThroughputBudget, PaysDebtFromTheSecondsThatFollow) {
  ThroughputBudget budget(400);
  ASSERT_TRUE(budget.Admits(kStart));
  budget.Spend(400 + 900);
  EXPECT_FALSE(budget.Admits(kStart + 1 * kNsPerSecond));  // −500
  EXPECT_FALSE(budget.Admits(kStart + 2 * kNsPerSecond));  // −100
  EXPECT_TRUE(budget.Admits(kStart + 3 * kNsPerSecond));   // 300
  budget.Spend(300);
  EXPECT_FALSE(budget.Admits(kStart + 3 * kNsPerSecond));
}

TEST(ThroughputBudget, SaysHowLongToWait) {
  ThroughputBudget budget(400);
  ASSERT_TRUE(budget.Admits(kStart));
  budget.Spend(400 + 900);
  const int64_t now = kStart + kNsPerSecond / 4;
  ASSERT_FALSE(budget.Admits(now));
  EXPECT_EQ(budget.RetryAfterMs(now), 2750);
  EXPECT_FALSE(budget.Admits(now + 2749 * kNsPerMs));
  EXPECT_TRUE(budget.Admits(now + 2750 * kNsPerMs));
}

TEST(ThroughputBudget, BurstsOnWhatItSavedAtNoMoreThanItsRate) {
  ThroughputBudget budget(400 * 100, true);
  ASSERT_TRUE(budget.Admits(kStart));
  int64_t now = kStart + 10 * kNsPerSecond;  // 10 s saved: 4,000 RU
  ASSERT_TRUE(budget.Admits(now));
  budget.Spend(2999 * 100);
  EXPECT_TRUE(budget.Admits(now));
  budget.Spend(100);
  EXPECT_FALSE(budget.Admits(now));  // 3,000 RU in one second
  now += kNsPerSecond;
  ASSERT_TRUE(budget.Admits(now));
  budget.Spend(1800 * 100);  // 400 of this second and the 1,400 that were left
  EXPECT_FALSE(budget.Admits(now));
  now += kNsPerSecond;
  ASSERT_TRUE(budget.Admits(now));
  budget.Spend(400 * 100);
  EXPECT_FALSE(budget.Admits(now));
}

TEST(ThroughputBudget, SavesForFiveMinutesAtMostAndOnlyWhenSmall) {
  ThroughputBudget small(100 * 100, true);
  ASSERT_TRUE(small.Admits(kStart));
  ASSERT_TRUE(small.Admits(kStart + 10'000 * kNsPerSecond));
  EXPECT_EQ(small.saved(), (300 * 100 - 2900) * 100);
  ThroughputBudget large(3000 * 100, true);
  ASSERT_TRUE(large.Admits(kStart));
  ASSERT_TRUE(large.Admits(kStart + 10'000 * kNsPerSecond));
  large.Spend(3000 * 100);
  EXPECT_FALSE(large.Admits(kStart + 10'000 * kNsPerSecond));
}

TEST(ThroughputBudget, KnowsTheHighestUtilisationOfEachHour) {
  constexpr int64_t kHour = 3600 * kNsPerSecond;
  ThroughputBudget budget(400);
  ASSERT_TRUE(budget.Admits(kHour));
  budget.Spend(100);
  ASSERT_TRUE(budget.Admits(kHour + kNsPerSecond));
  budget.Spend(300);
  ASSERT_TRUE(budget.Admits(2 * kHour));
  budget.Spend(4000);
  const auto peaks = budget.Peaks(2 * kHour);
  ASSERT_EQ(peaks.size(), 2U);
  EXPECT_EQ(peaks[0].hour, 1);
  EXPECT_DOUBLE_EQ(peaks[0].utilisation, 0.75);
  EXPECT_DOUBLE_EQ(peaks[1].utilisation, 1);
}

TEST(ThroughputBudget, PartitionsOfADatabaseSpendFromOneBucket) {
  const auto bucket = std::make_shared<SharedBucket>(400);
  ThroughputBudget one(bucket);
  ThroughputBudget other(bucket);
  ASSERT_TRUE(one.Admits(kStart));
  one.Spend(500);
  EXPECT_FALSE(other.Admits(kStart));
  EXPECT_EQ(other.throttled(), 1U);
  EXPECT_TRUE(other.Admits(kStart + kNsPerSecond));
}

TEST(ThroughputBudget, NeverThrottlesWithoutALimit) {
  ThroughputBudget budget(0);
  budget.Spend(1'000'000'000);
  EXPECT_TRUE(budget.Admits(kStart));
}

}  // namespace
}  // namespace weir::cosmos::emulator
