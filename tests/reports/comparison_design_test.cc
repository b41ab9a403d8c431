#include "reports/comparison_design.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace weir {
namespace {

using Order = std::vector<uint32_t>;

TEST(RoundOrder, IsTheSameForTheSameSeedAndAnotherForAnother) {
  int differ = 0;
  for (uint32_t round = 1; round <= 100; ++round) {
    EXPECT_EQ(RoundOrder(5, 0, round, {0, 1}), RoundOrder(5, 0, round, {0, 1}));
    differ += RoundOrder(5, 0, round, {0, 1}) != RoundOrder(6, 0, round, {0, 1}) ? 1 : 0;
  }
  EXPECT_GT(differ, 30);
}

TEST(RoundOrder, MakesEveryOrderAsLikely) {
  std::map<Order, int> seen;
  constexpr int kRounds = 6000;
  for (uint32_t round = 1; round <= kRounds; ++round) ++seen[RoundOrder(9, 2, round, {3, 5, 8})];
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [order, count] : seen) EXPECT_NEAR(count, kRounds / 6, 120);  // 4 deviations
}

v1::Campaign TwoByTwo() {
  v1::Campaign campaign;
  for (const char* name : {"a", "b", "c"}) campaign.add_targets()->set_name(name);
  v1::Scenario* all = campaign.add_scenarios();
  all->add_operations()->set_do_(v1::OPERATION_KIND_READ);
  all->mutable_phases()->mutable_measure()->set_ns(1);
  v1::Scenario* some = campaign.add_scenarios();
  some->add_targets("c");
  some->add_targets("b");
  some->mutable_phases()->mutable_load();
  campaign.mutable_compare()->set_baseline("b");
  campaign.mutable_compare()->add_metrics()->set_metric("throughput_ops_per_s");
  return campaign;
}

TEST(ComparisonDesign, TakesRoundsAndMetricsFromTheModeUnlessToldOtherwise) {
  v1::Comparison compare;
  EXPECT_EQ(RoundsOf(compare), 10u);
  EXPECT_EQ(MostMetrics(compare), 3);
  compare.set_mode(v1::COMPARISON_MODE_QUICK);
  EXPECT_EQ(RoundsOf(compare), 6u);
  EXPECT_EQ(MostMetrics(compare), 1);
  compare.set_rounds(20);
  EXPECT_EQ(RoundsOf(compare), 20u);
}

TEST(ComparisonDesign, FindsTheBaselineAmongTheTargetsOfAScenario) {
  v1::Campaign campaign = TwoByTwo();
  EXPECT_EQ(TargetsOf(campaign, campaign.scenarios(0)), (Order{0, 1, 2}));
  EXPECT_EQ(TargetsOf(campaign, campaign.scenarios(1)), (Order{1, 2}));
  EXPECT_EQ(BaselineOf(campaign, campaign.scenarios(0)), 1u);
  campaign.mutable_compare()->clear_baseline();
  EXPECT_EQ(BaselineOf(campaign, campaign.scenarios(0)), 0u);
}

TEST(ComparisonDesign, CountsTheVerdictsThatAreDeclared) {
  v1::Campaign campaign = TwoByTwo();
  EXPECT_EQ(FamilySize(campaign), 3u);
  campaign.mutable_compare()->add_metrics()->set_operation("read");  // only in the first scenario
  EXPECT_EQ(FamilySize(campaign), 5u);
  campaign.mutable_compare()->add_metrics()->set_operation("load");  // only in the second
  EXPECT_EQ(FamilySize(campaign), 6u);
  EXPECT_EQ(PhaseOf(campaign.scenarios(0), campaign.compare().metrics(0)), v1::PHASE_MEASURE);
  EXPECT_EQ(PhaseOf(campaign.scenarios(1), campaign.compare().metrics(0)), v1::PHASE_LOAD);
}

TEST(LegsAsRun, PutsARepetitionAfterItsRound) {
  v1::RunResult run;
  run.mutable_campaign()->add_scenarios()->set_name("s");
  for (const uint32_t round : {1, 1, 2, 2, 1, 1}) {
    v1::Leg* leg = run.add_legs();
    leg->set_index(static_cast<uint32_t>(run.legs_size()) - 1);
    leg->set_scenario("s");
    leg->set_round(round);
    leg->set_repeated(leg->index() > 3);
  }
  Order order;
  for (const v1::Leg* leg : LegsAsRun(run)) order.push_back(leg->index());
  EXPECT_EQ(order, (Order{0, 1, 4, 5, 2, 3}));
}

}  // namespace
}  // namespace weir
