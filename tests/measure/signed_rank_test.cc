#include "measure/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"

#include "base/random.h"

namespace weir {
namespace {

using Values = std::vector<double>;

// scipy 1.10: stats.wilcoxon(d, mode="exact").pvalue; the interval by hand from the table of W+.
TEST(SignedRank, AgreesWithAWorkedExample) {
  const Values d = {1.83 - 0.878, 0.50 - 0.647, 1.62 - 0.598, 2.48 - 2.05, 1.68 - 1.06,
                    1.88 - 1.29,  1.55 - 1.06,  3.06 - 3.14,  1.30 - 1.29};
  EXPECT_NEAR(SignedRankP(d), 0.0390625, 1e-12);  // Hollander and Wolfe: 0.02 one-sided
  EXPECT_NEAR(HodgesLehmann(d), 0.46, 1e-9);
  const ConfidenceInterval interval = SignedRankInterval(d, 0.95);
  EXPECT_NEAR(interval.low, 0.01, 1e-9);
  EXPECT_NEAR(interval.high, 0.786, 1e-9);
}

TEST(SignedRank, ProbabilityIsTheSmallestWhenAllDifferencesLieOnOneSide) {
  EXPECT_DOUBLE_EQ(SignedRankP(Values{1, 2, 3, 4, 5, 6}), 2.0 / 64);
  EXPECT_DOUBLE_EQ(SignedRankP(Values{-1, -2, -3, -4, -5, -6}), 2.0 / 64);
  EXPECT_DOUBLE_EQ(SignedRankP(Values{1}), 1);
}

TEST(SignedRank, TiesShareTheirRank) {
  // Amounts 1, 1, 2: ranks 1.5, 1.5, 3; of the 8 choices of signs two are as one-sided.
  EXPECT_DOUBLE_EQ(SignedRankP(Values{1, 1, 2}), 2.0 / 8);
  // −1, 1, 2: positive 4.5 of 6; sums up to 1.5: none, 1.5, 1.5.
  EXPECT_DOUBLE_EQ(SignedRankP(Values{-1, 1, 2}), 6.0 / 8);
}

TEST(SignedRank, ZerosSupportNeitherSide) {
  EXPECT_DOUBLE_EQ(SignedRankP(Values{0, 0, 0}), 1);
  EXPECT_DOUBLE_EQ(SignedRankP(Values{0, 1, 2}), 2.0 / 4);
  EXPECT_DOUBLE_EQ(SignedRankP(Values{}), 1);
}

TEST(SignedRank, TooFewPairsDoNotBoundTheInterval) {
  EXPECT_FALSE(SignedRankInterval(Values{1, 2, 3, 4, 5}, 0.95).Bounded());
  EXPECT_FALSE(SignedRankInterval(Values{}, 0.95).Bounded());
  const ConfidenceInterval six = SignedRankInterval(Values{1, 2, 3, 4, 5, 6}, 0.95);
  EXPECT_DOUBLE_EQ(six.low, 1);
  EXPECT_DOUBLE_EQ(six.high, 6);
}

TEST(SignedRank, DifferencesThatAreAllTheSameHaveAnIntervalOfNoWidth) {
  const ConfidenceInterval same = SignedRankInterval(Values(8, 0.5), 0.95);
  EXPECT_DOUBLE_EQ(same.low, 0.5);
  EXPECT_DOUBLE_EQ(same.high, 0.5);
  EXPECT_DOUBLE_EQ(HodgesLehmann(Values(8, 0.5)), 0.5);
}

TEST(SignedRank, MovesAndTurnsWithTheDifferences) {
  for (uint64_t round = 0; round < 200; ++round) {
    DrawStream draws(DeriveKey(7, "equivariance"), round);
    Values d;
    Values moved;
    Values turned;
    for (uint64_t i = 6 + draws.Below(10); i-- > 0;) {
      d.push_back(draws.Unit() - 0.4);
      moved.push_back(d.back() + 3);
      turned.push_back(-d.back());
    }
    const ConfidenceInterval interval = SignedRankInterval(d, 0.9);
    EXPECT_LE(interval.low, HodgesLehmann(d));
    EXPECT_GE(interval.high, HodgesLehmann(d));
    EXPECT_NEAR(SignedRankInterval(moved, 0.9).low, interval.low + 3, 1e-9);
    EXPECT_NEAR(SignedRankInterval(turned, 0.9).low, -interval.high, 1e-9);
    EXPECT_NEAR(SignedRankP(turned), SignedRankP(d), 1e-12);
    const ConfidenceInterval wider = SignedRankInterval(d, 0.95);
    EXPECT_LE(wider.low, interval.low);
    EXPECT_GE(wider.high, interval.high);
  }
}

TEST(SignedRank, IntervalExcludesZeroJustWhenTheTestSaysSo) {
  for (uint64_t round = 0; round < 500; ++round) {
    DrawStream draws(DeriveKey(8, "duality"), round);
    Values d;
    for (uint64_t i = 6 + draws.Below(15); i-- > 0;) d.push_back(draws.Unit() - 0.3);
    const ConfidenceInterval interval = SignedRankInterval(d, 0.95);
    EXPECT_EQ(interval.low > 0 || interval.high < 0, SignedRankP(d) <= 0.05) << round;
  }
}

TEST(SignedRank, StaysExactForManyPairs) {
  Values d;
  for (int i = 1; i <= 1200; ++i) d.push_back(i % 2 == 0 ? i : -i);
  EXPECT_GT(SignedRankP(d), 0.9);
  for (double& value : d) value = std::abs(value);
  EXPECT_LT(SignedRankP(d), 1e-100);
}

TEST(LeastPairs, IsWhatTheSmallestProbabilityAllows) {
  EXPECT_EQ(LeastPairs(1, 0.05), 6u);
  EXPECT_EQ(LeastPairs(3, 0.05), 7u);
  EXPECT_EQ(LeastPairs(12, 0.05), 9u) << "12 numbers over 8 pairs can never be judged";
  EXPECT_EQ(LeastPairs(1, 0.025), 7u);
}

}  // namespace
}  // namespace weir
