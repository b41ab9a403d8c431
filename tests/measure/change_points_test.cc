#include "measure/change_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "measure/student_t.h"

namespace weir {
namespace {

// Around 100, apart by 1.5 % (standard deviation), from `at` on `step` higher.
std::vector<double> Stepped(size_t count, size_t at, double step, uint64_t seed) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) {
    DrawStream draws(DeriveKey(seed, "history"), i);
    const double radius = std::sqrt(-2 * std::log(1 - draws.Unit()));
    const double noise = radius * std::cos(2 * std::numbers::pi * draws.Unit());
    values.push_back(100 * (1 + 0.015 * noise) * (i >= at ? 1 + step : 1));
  }
  return values;
}

TEST(ChangePoints, FindsAStepOfTenPercentWhereItIs) {
  int found = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto changes = FindLevelChanges(Stepped(60, 37, 0.10, seed), {});
    if (changes.size() != 1) continue;
    EXPECT_NEAR(static_cast<double>(changes[0].at), 37, 1);
    EXPECT_NEAR(changes[0].after / changes[0].before, 1.10, 0.03);
    ++found;
  }
  EXPECT_GE(found, 47);
}

// Half of such steps look smaller than 5 % and are then not told.
TEST(ChangePoints, FindsAStepOfSevenPercentMostly) {
  int found = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    found += FindLevelChanges(Stepped(60, 30, 0.07, seed), {}).size() == 1 ? 1 : 0;
  }
  EXPECT_GE(found, 45);
}

TEST(ChangePoints, FindsTheStepInALongHistoryToo) {
  const auto changes = FindLevelChanges(Stepped(400, 250, -0.10, 1), {});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NEAR(static_cast<double>(changes[0].at), 250, 1);
  EXPECT_LT(changes[0].p, 1e-6);
}

TEST(ChangePoints, SaysNothingOfNoise) {
  int alarms = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    alarms += FindLevelChanges(Stepped(100, 1000, 0, seed), {}).empty() ? 0 : 1;
  }
  EXPECT_LE(alarms, 2);
}

TEST(ChangePoints, SaysNothingOfAStepBelowTheSmallest) {
  EXPECT_TRUE(FindLevelChanges(Stepped(60, 30, 0.02, 3), {}).empty());
  EXPECT_EQ(FindLevelChanges(Stepped(60, 30, 0.02, 3), {.smallest = 0.01}).size(), 1u);
}

TEST(ChangePoints, NeedsSomethingToLookAt) {
  EXPECT_TRUE(FindLevelChanges({}, {}).empty());
  EXPECT_TRUE(FindLevelChanges(std::vector<double>{1, 2, 3}, {}).empty());
  EXPECT_TRUE(FindLevelChanges(std::vector<double>(30, 5.0), {}).empty());
  const auto clean = FindLevelChanges(std::vector<double>{5, 5, 5, 5, 9, 9, 9, 9}, {});
  ASSERT_EQ(clean.size(), 1u);
  EXPECT_EQ(clean[0].at, 4u);
}

// scipy 1.10: 2 * stats.t.sf(t, freedom).
TEST(StudentT, AgreesWithScipy) {
  EXPECT_NEAR(StudentP(2.0, 9), 0.07655282, 1e-7);
  EXPECT_NEAR(StudentP(0, 3), 1, 1e-12);
  EXPECT_NEAR(StudentP(-12.0, 30), 5.6e-13, 1e-13);
}

}  // namespace
}  // namespace weir
