#include "measure/detectable_effect.h"

#include <cmath>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(DetectableEffect, IsNearWhatNormalTheorySays) {
  // Paired t, normal approximation: (1.96 + 0.84) × 0.03 × √2 ÷ √100 = 1.19 %; the signed-rank test
  // is 4.5 % less efficient.
  EXPECT_NEAR(DetectableEffect({.pairs = 100}), 0.0122, 0.0006);
}

TEST(DetectableEffect, ShrinksWithPairsAndGrowsWithSpreadAndFamily) {
  const double usual = DetectableEffect({.pairs = 10});
  EXPECT_GT(usual, 0.03);
  EXPECT_LT(usual, 0.06);
  EXPECT_LT(DetectableEffect({.pairs = 20}), usual);
  EXPECT_GT(DetectableEffect({.pairs = 10, .comparisons = 3}), usual);
  EXPECT_GT(DetectableEffect({.pairs = 10, .spread = 0.06}), 1.9 * usual);
}

// As published for run-to-run deviations of 3 % and six pairs: +10 % is found in 88 to 93 %.
TEST(DetectableEffect, OfTheQuickModeIsBelowTenPercent) {
  EXPECT_LT(DetectableEffect({.pairs = 6}), 0.10);
  EXPECT_LT(DetectableEffect({.pairs = 6, .power = 0.88}), 0.105);
}

TEST(DetectableEffect, IsInfiniteWhereNothingCanBeShown) {
  EXPECT_TRUE(std::isinf(DetectableEffect({.pairs = 5})));
  EXPECT_TRUE(std::isinf(DetectableEffect({.pairs = 8, .comparisons = 12})));
}

}  // namespace
}  // namespace weir
