#include "agent/stage_budget.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace weir {
namespace {

v1::StageBudget Budget(uint64_t milli_ru, int64_t length_ns) {
  v1::StageBudget budget;
  budget.set_milli_ru(milli_ru);
  budget.set_length_ns(length_ns);
  return budget;
}

TEST(StageBudgetWatch, StopsBeforeAnotherSecondLikeTheLastWouldBeTooMuch) {
  StageBudgetWatch watch(Budget(1'000'000, 0));
  EXPECT_EQ(watch.Add(300'000), "");
  EXPECT_EQ(watch.Add(300'000), "");  // 600 RU used, 900 after the next
  EXPECT_EQ(watch.Add(300'000),
            "used 900 RU in 3 s, of the 1000 that are its share of the campaign's budget");
}

TEST(StageBudgetWatch, ShareUsedToTheLastIsNotTooMuch) {
  StageBudgetWatch watch(Budget(900, 0));
  EXPECT_EQ(watch.Add(300), "");
  EXPECT_EQ(watch.Add(300), "");
  EXPECT_NE(watch.Add(300), "");
}

TEST(StageBudgetWatch, OneSecondThatTakesAllEndsTheStage) {
  StageBudgetWatch watch(Budget(1000, 0));
  EXPECT_NE(watch.Add(5000), "");
}

TEST(StageBudgetWatch, EndsWhenWhatIsProvisionedIsPaidForNoLonger) {
  StageBudgetWatch watch(Budget(0, 3 * kNsPerSecond + 1));
  EXPECT_EQ(watch.Add(1), "");
  EXPECT_EQ(watch.Add(1), "");
  EXPECT_NE(watch.Add(1), "");
}

TEST(StageBudgetWatch, WithoutALimitNeverStops) {
  StageBudgetWatch watch(Budget(0, 0));
  for (int second = 0; second < 100; ++second) EXPECT_EQ(watch.Add(1ull << 50), "");
}

}  // namespace
}  // namespace weir
