#include "reports/cost_curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using ::testing::SizeIs;

v1::CosmosPrices Prices() {
  v1::CosmosPrices prices;
  prices.mutable_manual_per_100_ru_hour()->set_amount(0.008);
  prices.mutable_autoscale_per_100_ru_hour()->set_amount(0.012);
  prices.mutable_serverless_per_million_ru()->set_amount(0.25);
  prices.set_manual_step(100);
  prices.set_manual_least(400);
  prices.set_autoscale_step(1000);
  prices.set_autoscale_floor(0.1);
  prices.set_serverless_most(5000);
  return prices;
}

// 100 operations/s of 5 RU, evenly: 500 RU/s consumed, demanded and at the peak.
class CostCurves : public ::testing::Test {
 protected:
  const v1::CosmosPrices prices_ = Prices();
  const CosmosTerms terms_{prices_, 1, false, 0.2};
  const CosmosLoad load_{100, 500, 500, {500}, 0};
  const CostCurve manual_ = CostCurve::Manual("manual", terms_, load_);
  const CostCurve autoscale_ = CostCurve::Autoscale("autoscale", terms_, load_);
  const CostCurve serverless_ = CostCurve::Serverless("serverless", terms_, load_, 1);
};

TEST_F(CostCurves, ServerlessIsProportionalAndManualAStaircase) {
  EXPECT_NEAR(serverless_.PerMonth(10), 32.85, 1e-9);  // 10 × 5 × 3,600 × 730 ÷ 10⁶ × 0.25
  EXPECT_NEAR(manual_.PerMonth(10), 23.36, 1e-9);      // 400 RU/s: 4 × 0.008 × 730
  EXPECT_NEAR(manual_.PerMonth(66.6), 23.36, 1e-9);    // 66.6 × 6 = 399.6
  EXPECT_NEAR(manual_.PerMonth(66.7), 29.20, 1e-9);    // 400.2: five hundred
  EXPECT_NEAR(serverless_.up_to_per_s(), 1000, 1e-9);  // 5,000 RU/s
}

TEST_F(CostCurves, ServerlessCrossesTheLeastThatManualCosts) {
  const auto crossings = CrossingsOf(serverless_, manual_, 200);
  ASSERT_THAT(crossings, SizeIs(1));
  EXPECT_NEAR(crossings[0].per_s, 23.36 / 3.285, 1e-9);
  EXPECT_NEAR(crossings[0].per_month, 23.36, 1e-9);
  EXPECT_TRUE(crossings[0].first_is_cheaper_below);
}

TEST_F(CostCurves, AStepOverAFlatLineCrossesWhereTheStepIs) {
  // 51 steps cost $297.84, 52 cost $303.68: over $300 from where 5,100 RU/s do no longer suffice.
  const CostCurve instance = CostCurve::Flat("instance", 300, 2000);
  const auto crossings = CrossingsOf(instance, manual_, 2000);
  ASSERT_THAT(crossings, SizeIs(1));
  EXPECT_NEAR(crossings[0].per_s, 850, 1e-6);  // × 6 = 5,100
  EXPECT_NEAR(crossings[0].per_month, 300, 1e-6);
  EXPECT_FALSE(crossings[0].first_is_cheaper_below);
}

TEST_F(CostCurves, AutoscaleIsCheaperUntilItsPeakCostsWhatManualDoes) {
  EXPECT_NEAR(autoscale_.PerMonth(1), 8.76, 1e-9);  // a tenth of 1,000 RU/s
  // 5 × rate ÷ 100 × 8.76 = 23.36. Where manual steps to $29.20 both cost the same, and do not
  // cross.
  const auto crossings = CrossingsOf(autoscale_, manual_, 100);
  ASSERT_THAT(crossings, SizeIs(1));
  EXPECT_NEAR(crossings[0].per_s, 23.36 / 8.76 * 20, 1e-9);
}

TEST_F(CostCurves, EndWhereTheOneThatServesLessEnds) {
  const CostCurve small = CostCurve::Flat("instance", 300, 800);
  EXPECT_THAT(CrossingsOf(small, manual_, 2000), SizeIs(0));
}

TEST_F(CostCurves, CrossInEitherOrderAtTheSameRate) {
  const auto one = CrossingsOf(serverless_, autoscale_, 200);
  const auto other = CrossingsOf(autoscale_, serverless_, 200);
  ASSERT_EQ(one.size(), other.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_NEAR(one[i].per_s, other[i].per_s, 1e-9);
    EXPECT_NE(one[i].first_is_cheaper_below, other[i].first_is_cheaper_below);
  }
}

// Every crossing, found again by looking closely.
TEST_F(CostCurves, CrossWhereAFineSearchFindsThatTheCheaperChanges) {
  const CosmosLoad uneven{100, 520, 780, {910, 300}, 2};
  const CostCurve curves[] = {
      CostCurve::Manual("m", terms_, uneven), CostCurve::Autoscale("a", terms_, uneven),
      CostCurve::Serverless("s", terms_, uneven, 4), CostCurve::Flat("i", 210, 700)};
  for (const CostCurve& a : curves) {
    for (const CostCurve& b : curves) {
      if (&a == &b) continue;
      const double end = std::min({800.0, a.up_to_per_s(), b.up_to_per_s()});
      std::vector<double> found;
      bool less = a.PerMonth(1e-3) < b.PerMonth(1e-3);
      for (double rate = 1e-3; rate < end; rate += 2e-2) {
        if (std::abs(a.PerMonth(rate) - b.PerMonth(rate)) < 1e-7) continue;
        const bool now = a.PerMonth(rate) < b.PerMonth(rate);
        if (now != less) found.push_back(rate);
        less = now;
      }
      const auto crossings = CrossingsOf(a, b, 800);
      ASSERT_EQ(crossings.size(), found.size()) << a.name() << " " << b.name();
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_NEAR(crossings[i].per_s, found[i], 2.1e-2) << a.name() << " " << b.name();
      }
    }
  }
}

}  // namespace
}  // namespace weir
