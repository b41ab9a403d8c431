#include "coordinator/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

v1::RunResult RunWith(double ru, double money) {
  v1::RunResult run;
  v1::Target* target = run.mutable_campaign()->add_targets();
  target->set_name("cosmos");
  target->mutable_cosmos()->set_throughput(1000);
  run.mutable_campaign()->mutable_budget()->set_ru(ru);
  run.mutable_campaign()->mutable_budget()->set_money(money);
  run.add_legs()->set_target("cosmos");
  return run;
}

// Two hours, 3,000 RU.
void Use(v1::RunResult* run) {
  v1::Leg* leg = run->mutable_legs(0);
  leg->set_provisioned_ru(1000);
  leg->add_spans()->set_duration_ns(2ll * 3600 * kNsPerSecond);
  leg->add_results()->mutable_total()->set_milli_ru(3'000'000);
}

TEST(Budget, IsSharedOutEvenlyOfWhatIsLeft) {
  v1::RunResult run = RunWith(10'000, 0);
  EXPECT_EQ(BudgetLeft(run, {}, run.legs(0), 4)->milli_ru(), 2'500'000u);
  Use(&run);
  EXPECT_EQ(BudgetLeft(run, {}, run.legs(0), 4)->milli_ru(), 1'750'000u);
  EXPECT_EQ(BudgetLeft(run, {}, run.legs(0), 4)->length_ns(), 0);
  EXPECT_EQ(BudgetUsed(run, {}).ru_used(), 3000);
}

TEST(Budget, OfMoneyIsTimeWhereThroughputIsProvisioned) {
  v1::RunResult run = RunWith(0, 1);
  const std::vector<RuWorth> worth = {{.provisioned_per_hour = 0.00008}};  // $0.08 for 1,000 RU/s
  EXPECT_NEAR(static_cast<double>(BudgetLeft(run, worth, run.legs(0), 4)->length_ns()),
              12.5 * 3600e9, 1e3);
  Use(&run);
  EXPECT_NEAR(BudgetUsed(run, worth).money_used(), 0.16, 1e-12);
  EXPECT_NEAR(static_cast<double>(BudgetLeft(run, worth, run.legs(0), 4)->length_ns()),
              10.5 * 3600e9, 1e3);
}

TEST(Budget, OfMoneyCountsTheMostThatARuleMayProvision) {
  v1::RunResult run = RunWith(0, 1);
  run.mutable_campaign()->mutable_targets(0)->mutable_cosmos()->mutable_scaling()->set_most(5000);
  const std::vector<RuWorth> worth = {{.provisioned_per_hour = 0.00008}};
  EXPECT_NEAR(static_cast<double>(BudgetLeft(run, worth, run.legs(0), 1)->length_ns()),
              2.5 * 3600e9, 1e3);
}

TEST(Budget, OfMoneyIsRequestUnitsWhereServerless) {
  v1::RunResult run = RunWith(5'000'000, 1);
  const std::vector<RuWorth> worth = {{.per_ru = 0.25e-6}};  // four million for $1
  EXPECT_EQ(BudgetLeft(run, worth, run.legs(0), 2)->milli_ru(), 2'000'000'000u);
}

TEST(Budget, WithoutALimitIsNone) {
  v1::RunResult run = RunWith(0, 0);
  EXPECT_FALSE(BudgetLeft(run, {}, run.legs(0), 1).has_value());
  EXPECT_EQ(BudgetExhausted(run, {}, run.legs(0)), "");
}

v1::Campaign WithBudget(double ru) {
  v1::Campaign campaign = TwoTargets();
  campaign.mutable_budget()->set_ru(ru);
  return campaign;
}

// Every stage takes 60 RU of each agent; the agents keep to their share as real ones do.
class SpendingRehearsal : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;

  void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
    if (prepare.has_budget()) budgets_[connection].push_back(prepare.budget().milli_ru());
    Rehearsal::Prepare(connection, prepare);
  }

  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    const uint64_t share = budgets_[connection].empty() ? 0 : budgets_[connection].back();
    const uint32_t seconds =
        share == 0 ? 3 : static_cast<uint32_t>(std::min<uint64_t>(3, share / 20'000));
    for (uint32_t second = 0; second < seconds; ++second) {
      v1::AgentMessage report = Interval(arm, second);
      report.mutable_interval()
          ->mutable_interval()
          ->mutable_operations(0)
          ->mutable_tally()
          ->set_milli_ru(20'000);
      Deliver(connection, report);
    }
    v1::AgentMessage done = Done(arm, seconds);
    v1::StageDone* end = done.mutable_stage_done();
    end->mutable_totals(0)->mutable_total()->set_milli_ru(20'000 * seconds);
    if (seconds < 3) {
      end->set_stopped_early(true);
      end->set_budget_reached("used its share");
    }
    Deliver(connection, done);
  }

  std::map<ConnectionId, std::vector<uint64_t>> budgets_;
};

TEST(BudgetOfARun, EndsTheRunWhereAnAgentHasUsedItsShare) {
  // Two agents, 120 RU in each stage: the third stage has 60 RU left for its 120.
  SpendingRehearsal rehearsal(SettingsFor(2), WithBudget(300));
  rehearsal.Run();
  rehearsal.Pass(10 * kNsPerSecond);
  const v1::RunResult& run = rehearsal.result();
  EXPECT_EQ(rehearsal.budgets_[1], (std::vector<uint64_t>{150'000, 90'000, 30'000}));
  EXPECT_EQ(run.state(), v1::RUN_STATE_ABORTED);
  EXPECT_THAT(run.budget().reached(), HasSubstr("used its share, in mixed on right"));
  EXPECT_LE(run.budget().ru_used(), 300);
  EXPECT_EQ(run.budget().ru_used(), 280);
  ASSERT_GE(run.verdict().reasons_size(), 1);
  EXPECT_THAT(run.verdict().reasons(0), HasSubstr("stopped at a limit: agent "));
  EXPECT_THAT(run.legs(1).failure(), HasSubstr("not run to its end"));
  EXPECT_TRUE(rehearsal.finished_);
}

// Money is counted by the length of the phases.
TEST(BudgetOfARun, ThatEndsInTheWarmUpCountsNoMoreOfItThanWasRun) {
  v1::Campaign campaign = WithBudget(180);  // 60 RU are left for the first drive: a second's use
  campaign.mutable_scenarios(0)->mutable_phases()->mutable_warm_up()->set_ns(2 * kNsPerSecond);
  SpendingRehearsal rehearsal(SettingsFor(2), campaign);
  rehearsal.Run();
  rehearsal.Pass(10 * kNsPerSecond);
  const v1::Leg& leg = rehearsal.result().legs(0);
  ASSERT_EQ(leg.spans_size(), 3);
  EXPECT_EQ(leg.spans(1).phase(), v1::PHASE_WARM_UP);
  EXPECT_EQ(leg.spans(1).duration_ns(), kNsPerSecond);
  EXPECT_EQ(leg.spans(2).duration_ns(), 0);
}

TEST(BudgetOfARun, BeginsNoStageWithoutRoomForIt) {
  SpendingRehearsal rehearsal(SettingsFor(2), WithBudget(240));
  rehearsal.Run();
  rehearsal.Pass(10 * kNsPerSecond);
  const v1::RunResult& run = rehearsal.result();
  EXPECT_EQ(run.budget().ru_used(), 240);
  EXPECT_THAT(run.budget().reached(), HasSubstr("the campaign's budget of 240 RU is used up"));
  EXPECT_THAT(run.legs(1).failure(), HasSubstr("not run: "));
}

TEST(BudgetOfARun, ThatSufficesChangesNothing) {
  SpendingRehearsal rehearsal(SettingsFor(2), WithBudget(10'000));
  rehearsal.Run();
  rehearsal.Pass(10 * kNsPerSecond);
  EXPECT_EQ(rehearsal.result().state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(rehearsal.result().budget().reached(), "");
  EXPECT_EQ(rehearsal.result().budget().ru_used(), 480);
}

}  // namespace
}  // namespace weir
