#include "measure/paired_verdict.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Ratios whose mean on the log scale is `ratio`, apart by `spread`.
std::vector<PairedRuns> Pairs(size_t count, double ratio, double spread) {
  std::vector<PairedRuns> pairs;
  for (size_t i = 0; i < count; ++i) {
    const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(count) - 0.5;
    pairs.push_back({100.0 + static_cast<double>(i),
                     (100.0 + static_cast<double>(i)) * ratio * std::exp(spread * place)});
  }
  return pairs;
}

Finding FindingOf(size_t count, double ratio, double spread, bool more_is_better = false) {
  const PairedEstimate estimate = EstimateRatio(Pairs(count, ratio, spread));
  return Judge(estimate, HolmAdjusted({&estimate.p, 1})[0], more_is_better, {});
}

TEST(PairedVerdict, NamesTheSlowerAndTheFaster) {
  EXPECT_EQ(FindingOf(10, 1.10, 0.04), Finding::kSlower);
  EXPECT_EQ(FindingOf(10, 0.90, 0.04), Finding::kFaster);
  EXPECT_EQ(FindingOf(10, 1.10, 0.04, /*more_is_better=*/true), Finding::kFaster);
  EXPECT_EQ(FindingOf(10, 0.90, 0.04, /*more_is_better=*/true), Finding::kSlower);
}

TEST(PairedVerdict, CallsACertainButSmallDifferenceBelowThreshold) {
  EXPECT_EQ(FindingOf(10, 1.02, 0.01), Finding::kDifferentBelowThreshold);
  EXPECT_EQ(FindingOf(10, 1.031, 0.01), Finding::kSlower);
}

TEST(PairedVerdict, CallsEquivalentOnlyWhatTheIntervalHolds) {
  EXPECT_EQ(FindingOf(10, 1.0, 0.03), Finding::kEquivalent);
  EXPECT_EQ(FindingOf(10, 1.0, 0.40), Finding::kNoDifferenceShown);
}

TEST(PairedVerdict, GivesNoneToOneAgainstOne) {
  EXPECT_EQ(FindingOf(1, 2.0, 0), Finding::kNoVerdict);
}

TEST(PairedVerdict, CannotBeReachedWithFewerPairsThanTheFamilyNeeds) {
  EXPECT_EQ(FindingOf(5, 2.0, 0.01), Finding::kNoDifferenceShown);
  EXPECT_TRUE(std::isinf(LargestNotExcluded(EstimateRatio(Pairs(5, 2.0, 0.01)))));
  EXPECT_EQ(FindingOf(6, 2.0, 0.01), Finding::kSlower);
}

TEST(PairedVerdict, IdenticalRunsAreEquivalent) {
  const std::vector<PairedRuns> same(10, PairedRuns{7, 7});
  const PairedEstimate estimate = EstimateRatio(same);
  EXPECT_EQ(estimate.ratio, 1);
  EXPECT_EQ(estimate.p, 1);
  EXPECT_EQ(estimate.spread, 0);
  EXPECT_EQ(Judge(estimate, 1, false, {}), Finding::kEquivalent);
}

TEST(PairedVerdict, NeedsPositiveNumbers) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(HaveRatios(std::vector<PairedRuns>{{1, 2}}));
  EXPECT_FALSE(HaveRatios(std::vector<PairedRuns>{}));
  for (const double bad : {0.0, -1.0, infinity, std::nan("")}) {
    EXPECT_FALSE(HaveRatios(std::vector<PairedRuns>{{1, 2}, {bad, 2}})) << bad;
    EXPECT_FALSE(HaveRatios(std::vector<PairedRuns>{{1, 2}, {2, bad}})) << bad;
  }
}

TEST(PairedVerdict, SaysWhatCannotBeExcluded) {
  const PairedEstimate estimate = EstimateRatio(Pairs(10, 1.0, 0.40));
  EXPECT_NEAR(LargestNotExcluded(estimate),
              std::max(estimate.interval95.high - 1, 1 - estimate.interval95.low), 1e-12);
}

TEST(PairedVerdict, SpreadIsThatOfOneRun) {
  std::vector<PairedRuns> pairs;
  for (const double log : {-0.02, 0.02, -0.02, 0.02}) pairs.push_back({1, std::exp(log)});
  EXPECT_NEAR(EstimateRatio(pairs).spread, 0.02 * std::sqrt(4.0 / 3) / std::sqrt(2.0), 1e-12);
}

TEST(Holm, StepsDown) {
  const std::vector<double> adjusted = HolmAdjusted(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  EXPECT_DOUBLE_EQ(adjusted[3], 0.02);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.06) << "never below a smaller one's";
  EXPECT_TRUE(HolmAdjusted(std::vector<double>{}).empty());
  EXPECT_DOUBLE_EQ(HolmAdjusted(std::vector<double>{0.9, 0.8})[1], 1);
}

}  // namespace
}  // namespace weir
