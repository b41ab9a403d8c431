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

TEST(ThroughputBudget, NeverThrottlesWithoutALimit) {
  ThroughputBudget budget(0);
  budget.Spend(1'000'000'000);
  EXPECT_TRUE(budget.Admits(kStart));
}

}  // namespace
}  // namespace weir::cosmos::emulator
