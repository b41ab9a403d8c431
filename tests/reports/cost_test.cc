// What a small run costs, worked out by hand: 100 operations/s of 5 RU for four seconds on Cosmos
// DB, and the same on PostgreSQL.
#include "reports/cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/cost_terms.h"
#include "reports/cost_text.h"
#include "reports/report.h"
#include "tests/reports/sample_prices.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Leg MakeLeg(uint32_t index, const char* target) {
  v1::Leg leg;
  leg.set_index(index);
  leg.set_scenario("mixed");
  leg.set_target(target);
  leg.set_open_loop(true);
  leg.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  leg.add_operations()->set_name("read");
  v1::PhaseSpan* span = leg.add_spans();
  span->set_phase(v1::PHASE_MEASURE);
  span->set_first_second(2);
  span->set_duration_ns(4'000'000'000);
  v1::PhaseResult* result = leg.add_results();
  result->set_phase(v1::PHASE_MEASURE);
  v1::Tally* total = result->mutable_total();
  total->set_planned(400);
  total->set_ok(400);
  total->set_attempts(400);
  if (leg.target() != "cosmos") return leg;
  leg.set_backend("cosmos");
  leg.set_charge_basis("a meter");
  leg.set_provisioned_ru(2000);
  leg.set_physical_partitions(2);
  leg.set_stored_bytes(4'000'000'000);
  total->set_milli_ru(2'000'000);
  return leg;
}

class CostOfARun : public ::testing::Test {
 protected:
  CostOfARun() {
    run_.set_id("20261121T000000-cost-0000");
    for (const char* name : {"cosmos", "pg", "other"}) {
      run_.mutable_campaign()->add_targets()->set_name(name);
    }
    run_.mutable_campaign()->mutable_targets(0)->mutable_cosmos();
    run_.mutable_campaign()->mutable_targets(1)->mutable_postgres();
    run_.mutable_campaign()->add_scenarios()->set_name("mixed");
    v1::Cost* cost = run_.mutable_campaign()->mutable_cost();
    cost->set_percentile(0.75);
    cost->set_headroom(0.2);
    v1::TargetCost* target = cost->add_targets();
    target->set_name("pg");
    target->set_instance("small");
    target->mutable_storage()->set_bytes(2ull << 30);
    *run_.add_legs() = MakeLeg(0, "cosmos");
    *run_.add_legs() = MakeLeg(1, "pg");
  }

  // RU of the busier of two partitions by second; the first two seconds are warm-up.
  v1::CostResult Price() {
    auto store = OpenResultsStore(folder_.File("results.db"));
    EXPECT_TRUE(store.ok()) << store.status();
    EXPECT_TRUE((*store)->SaveRun(run_).ok());
    const double busiest[] = {9000, 9000, 300, 250, 400, 350};
    for (uint32_t second = 0; second < 6; ++second) {
      v1::Interval interval;
      interval.set_second(second);
      for (int partition = 0; partition < 2; ++partition) {
        v1::PartitionUse* use = interval.add_partitions();
        use->set_partition(partition);
        use->set_milli_ru(static_cast<uint64_t>(1e3 * (partition == 1 ? busiest[second] : 200)));
      }
      EXPECT_TRUE((*store)->AppendInterval(run_.id(), 0, v1::PHASE_MEASURE, interval).ok());
    }
    const auto cost = ComputeCost(**store, run_, test::SamplePrices(), "home");
    EXPECT_TRUE(cost.ok()) << cost.status();
    return *cost;
  }

  const test::TemporaryFolder folder_;
  v1::RunResult run_;
};

TEST_F(CostOfARun, NeedsThePercentileOfTheBusiestPartitionsSecondsTimesThePartitions) {
  const v1::LegCost cosmos = Price().legs(0);
  EXPECT_DOUBLE_EQ(cosmos.rate_per_s(), 100);
  EXPECT_DOUBLE_EQ(cosmos.ru_per_operation(), 5);
  EXPECT_DOUBLE_EQ(cosmos.ru_per_s(), 500);
  EXPECT_DOUBLE_EQ(cosmos.demand_ru_per_s(), 700);  // 350 of 250, 300, 350, 400; × 2
  ASSERT_EQ(cosmos.hour_peaks_ru_per_s_size(), 1);
  EXPECT_DOUBLE_EQ(cosmos.hour_peaks_ru_per_s(0), 800);
  EXPECT_EQ(cosmos.required_ru_per_s(), 900u);  // 700 × 1.2 = 840
  EXPECT_EQ(cosmos.caution(), "");
}

TEST_F(CostOfARun, PricesEveryWayAndTheOneThatItRanIn) {
  const v1::CostResult cost = Price();
  const v1::LegCost& cosmos = cost.legs(0);
  ASSERT_EQ(cosmos.lines_size(), 4);
  EXPECT_EQ(cosmos.lines(0).billing(), "manual");
  EXPECT_NEAR(cosmos.lines(0).per_month(), 9 * 0.008 * 730 + 1, 1e-9);  // 4 GB: $1
  EXPECT_EQ(cosmos.lines(1).billing(), "autoscale");
  EXPECT_NEAR(cosmos.lines(1).per_month(), 8 * 0.012 * 730 + 1, 1e-9);
  EXPECT_EQ(cosmos.lines(2).billing(), "serverless");
  EXPECT_NEAR(cosmos.lines(2).per_month(), 500 * 3600 * 730 / 1e6 * 0.25 + 1, 1e-9);
  EXPECT_EQ(cosmos.lines(3).provisioned_ru(), 2000u);
  EXPECT_TRUE(cosmos.lines(3).as_run());
  EXPECT_NEAR(cosmos.lines(3).per_month(), 20 * 0.008 * 730 + 1, 1e-9);
  const v1::LegCost& postgres = cost.legs(1);
  ASSERT_EQ(postgres.lines_size(), 1);
  EXPECT_NEAR(postgres.lines(0).per_month(), 73 + 1, 1e-9);
}

TEST_F(CostOfARun, SetsWhatWasProvisionedBesideWhatWasConsumed) {
  const v1::LegCost cosmos = Price().legs(0);
  // 2,000 RU/s for four seconds; 2,000 RU of the 8,000 that they give.
  EXPECT_NEAR(cosmos.provisioned_money(), 20 * 0.008 * 4 / 3600, 1e-15);
  EXPECT_NEAR(cosmos.consumed_money(), cosmos.provisioned_money() / 4, 1e-15);
}

TEST_F(CostOfARun, MarksWhereAnotherWayBecomesTheCheapest) {
  const v1::CostResult cost = Price();
  std::vector<v1::CostCrossing> cheapest;
  for (const v1::CostCrossing& crossing : cost.crossings()) {
    if (crossing.cheapest()) cheapest.push_back(crossing);
  }
  ASSERT_EQ(cheapest.size(), 2u);
  // Serverless takes $3.285 for each operation/s, the least of autoscale $8.76.
  EXPECT_EQ(cheapest[0].cheaper_below(), "serverless of cosmos");
  EXPECT_EQ(cheapest[0].cheaper_above(), "autoscale of cosmos");
  EXPECT_NEAR(cheapest[0].per_s(), 8.76 / 3.285, 1e-9);
  // Its peak of 8 RU/s for each operation/s costs as much as the least of manual, $23.36.
  EXPECT_EQ(cheapest[1].cheaper_above(), "manual of cosmos");
  EXPECT_NEAR(cheapest[1].per_s(), 23.36 / (8 * 0.0876), 1e-9);
  EXPECT_NEAR(cheapest[1].per_month(), 23.36 + 1, 1e-9);  // with what is stored
}

TEST_F(CostOfARun, MarksAStepOverTheInstanceAsWell) {
  for (v1::Leg& leg : *run_.mutable_legs()) leg.set_stored_bytes(1);
  run_.mutable_campaign()->mutable_cost()->mutable_targets(0)->clear_storage();
  v1::Tally* counts = run_.mutable_legs(1)->mutable_results(0)->mutable_total();
  counts->set_planned(1000);  // 250 operations/s
  counts->set_ok(1000);
  counts->set_attempts(1000);
  // The instance costs $73; manual $70.08 for 1,200 RU/s and $75.92 for 1,300, which it takes from
  // where 8.4 RU/s for each operation/s are more than 1,200.
  const v1::CostResult cost = Price();
  std::vector<v1::CostCrossing> cheapest;
  for (const v1::CostCrossing& crossing : cost.crossings()) {
    if (crossing.cheapest()) cheapest.push_back(crossing);
  }
  ASSERT_EQ(cheapest.size(), 3u);
  EXPECT_EQ(cheapest[2].cheaper_below(), "manual of cosmos");
  EXPECT_EQ(cheapest[2].cheaper_above(), "small of pg");
  EXPECT_NEAR(cheapest[2].per_s(), 1200 / 8.4, 1e-6);
  EXPECT_NEAR(cheapest[2].per_month(), 73, 1e-6);
}

TEST_F(CostOfARun, DoesNotCompareMoneyOfWhatWasNotShownToGiveTheSame) {
  run_.mutable_legs(1)->mutable_verdict()->set_validity(v1::VALIDITY_DEGRADED);
  run_.mutable_legs(0)->mutable_results(0)->mutable_total()->set_throttled_attempts(8);
  v1::ThresholdResult* missed = run_.add_thresholds();
  missed->set_scenario("mixed");
  missed->set_target("pg");
  *run_.mutable_cost() = Price();
  EXPECT_EQ(run_.cost().legs(0).caution(), "2.00 % of its attempts were throttled");
  EXPECT_EQ(run_.cost().legs(1).caution(), "its run is DEGRADED; it missed 1 threshold");
  for (const v1::CostCrossing& crossing : run_.cost().crossings()) {
    EXPECT_THAT(crossing.cheaper_below(), Not(HasSubstr("pg")));
    EXPECT_THAT(crossing.cheaper_above(), Not(HasSubstr("pg")));
  }
  EXPECT_THAT(CostSentences(run_)[1], HasSubstr("money is not to be compared"));
}

TEST_F(CostOfARun, SaysWhatWasLessThanOffered) {
  run_.mutable_legs(0)->mutable_results(0)->mutable_total()->set_planned(800);
  EXPECT_EQ(Price().legs(0).caution(), "it served 50.0 % of what was offered");
}

TEST_F(CostOfARun, OfASearchIsAtTheRateThatWasSustained) {
  for (v1::Leg& leg : *run_.mutable_legs()) {
    leg.mutable_probe()->set_end(v1::PROBE_END_PASSED);
    leg.mutable_probe()->set_offered_per_s(100);
  }
  v1::CapacityResult* capacity = run_.add_capacities();
  capacity->set_scenario("mixed");
  capacity->set_target("cosmos");
  capacity->set_low_per_s(300);
  const v1::CostResult cost = Price();
  ASSERT_EQ(cost.legs_size(), 1);
  EXPECT_EQ(cost.legs(0).basis(), "capacity");
  EXPECT_DOUBLE_EQ(cost.legs(0).offered_per_s(), 300);
  EXPECT_DOUBLE_EQ(cost.legs(0).demand_ru_per_s(), 2100);
  EXPECT_EQ(cost.legs(0).required_ru_per_s(), 2600u);  // 2,520
  EXPECT_NEAR(cost.legs(0).lines(0).per_million(), (26 * 0.008 + 1 / 730.0) / (300 * 3600) * 1e6,
              1e-12);
}

TEST_F(CostOfARun, OfASearchThatFoundNothingYetIsNone) {
  for (v1::Leg& leg : *run_.mutable_legs()) leg.mutable_probe()->set_offered_per_s(100);
  EXPECT_EQ(Price().legs_size(), 0);
}

TEST_F(CostOfARun, WithManyWriteRegionsIsNotZeroWhereTheBookHasNoPriceOfThem) {
  v1::TargetCost* target = run_.mutable_campaign()->mutable_cost()->add_targets();
  target->set_name("cosmos");
  target->set_many_write_regions(true);
  const v1::LegCost cosmos = Price().legs(0);
  EXPECT_EQ(cosmos.missing(), "the price book has no price of many write regions in home");
  EXPECT_EQ(cosmos.lines_size(), 0);
}

TEST_F(CostOfARun, SaysOfALineThatWouldThrottleThatItWouldInTextAndMarkdown) {
  run_.mutable_legs(0)->set_provisioned_ru(500);
  *run_.mutable_cost() = Price();
  EXPECT_THAT(MarkdownReport(run_),
              HasSubstr("manual, 500 RU/s: less than the demand of 700 RU/s"));
  EXPECT_THAT(TextReport(run_, 200, /*colour=*/false),
              HasSubstr("manual, 500 RU/s: less than the demand of 700 RU/s"));
}

TEST_F(CostOfARun, SaysWhyThereIsNone) {
  run_.mutable_legs(1)->set_target("other");
  EXPECT_EQ(Price().legs(1).missing(),
            "cost.targets of the campaign does not say which instance it runs on");
}

TEST_F(CostOfARun, WithoutPricesOrAWishForThemThereIsNothing) {
  run_.mutable_legs()->DeleteSubrange(0, 1);
  run_.mutable_legs(0)->set_index(0);
  run_.mutable_campaign()->clear_cost();
  EXPECT_EQ(Price().legs_size(), 0);
}

TEST_F(CostOfARun, IsToldInSentencesWithItsPrices) {
  *run_.mutable_cost() = Price();
  EXPECT_EQ(
      CostSentences(run_)[0],
      "a month of mixed as measured costs: cosmos $53.56 (manual, 900 RU/s, its cheapest way) "
      "for 100 operations/s; pg $74.00 (small) for 100 operations/s");
  EXPECT_EQ(PricesText(run_.cost()),
            "list prices in USD, before tax and discounts: test book, home, 2026-11-21");
  EXPECT_THAT(DemandText(run_, run_.cost().legs(0)),
              HasSubstr("75 % of the seconds asked for no more than 700 RU/s"));
}

TEST_F(CostOfARun, StandsInTheMarkdownReportToo) {
  *run_.mutable_cost() = Price();
  const std::string report = MarkdownReport(run_);
  EXPECT_THAT(report, HasSubstr("## Cost"));
  EXPECT_THAT(report, HasSubstr("| mixed on cosmos | manual, 900 RU/s | $53.56 |"));
  EXPECT_THAT(report, HasSubstr("list prices in USD"));
}

TEST(MoneyText, HasTwoDecimalsAndMoreForLittle) {
  EXPECT_EQ(MoneyText("USD", 1234567.891), "$1,234,567.89");
  EXPECT_EQ(MoneyText("USD", 123.4), "$123.40");
  EXPECT_EQ(MoneyText("USD", 0.1234), "$0.123");
  EXPECT_EQ(MoneyText("EUR", 0.00123), "€0.00123");
  EXPECT_EQ(MoneyText("CHF", 12), "12.00 CHF");
  EXPECT_EQ(MoneyText("USD", 0), "$0.00");
}

TEST(CostSettings, AreTheSchemasDefaultsWhereTheCampaignSaysNothing) {
  const v1::Cost cost = CostSettings({});
  EXPECT_EQ(cost.percentile(), 0.99);
  EXPECT_EQ(cost.headroom(), 0.2);
  EXPECT_EQ(TargetCostOf({}, "any").regions(), 1u);
}

}  // namespace
}  // namespace weir
