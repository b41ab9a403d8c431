// A comparison through RunControl, with agents that exist only here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/run_control.h"
#include "coordinator/run_program.h"
#include "reports/comparison_design.h"
#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr uint32_t kRounds = 4;

v1::Campaign Comparing() {
  v1::Campaign campaign = TwoTargets();
  campaign.set_seed(3);
  campaign.mutable_compare()->set_rounds(kRounds);
  campaign.mutable_compare()->add_metrics()->set_metric("response_p50_us");
  campaign.mutable_compare()->mutable_canary()->set_ns(2 * kNsPerSecond);
  return campaign;
}

TEST(RunProgram, RunsEveryTargetOnceInEveryRoundInTheOrderOfTheSeed) {
  const v1::Campaign campaign = Comparing();
  const RunProgram program = MakeRunProgram(campaign, 2, false);
  ASSERT_THAT(program.legs, SizeIs(2 * kRounds));
  for (uint32_t round = 1; round <= kRounds; ++round) {
    const auto order = RoundOrder(3, 0, round, {0, 1});
    for (uint32_t i = 0; i < 2; ++i) {
      EXPECT_EQ(program.legs[2 * (round - 1) + i].target, order[i]);
      EXPECT_EQ(program.legs[2 * (round - 1) + i].round, round);
    }
  }
}

TEST(RunProgram, RestoresAndVerifiesBeforeTheCanaryAndTheRun) {
  const RunProgram program = MakeRunProgram(Comparing(), 1, false);
  std::vector<v1::Task> tasks;
  for (const Step& step : program.steps) {
    if (step.leg == 3) tasks.push_back(step.task);
  }
  EXPECT_THAT(tasks, ElementsAre(v1::TASK_SET_UP, v1::TASK_LOAD, v1::TASK_VERIFY, v1::TASK_CANARY,
                                 v1::TASK_DRIVE));
}

// Agents that do a canary of their own speed, and in some legs start too late.
class Comparers : public Rehearsal {
 public:
  Comparers() : Rehearsal(SettingsFor(2), Comparing()) {}
  void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
    if (prepare.task() == v1::TASK_CANARY) canary_ = prepare;
    Rehearsal::Prepare(connection, prepare);
  }
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    if (arm.task() != v1::TASK_DRIVE || late_legs_.count(arm.leg()) == 0) {
      return Rehearsal::RunStage(connection, arm);
    }
    for (uint32_t second = 0; second < 3; ++second) Deliver(connection, Interval(arm, second));
    v1::AgentMessage done = Done(arm, 3);
    done.mutable_stage_done()->set_started_ns(arm.start_ns() + kNsPerSecond);
    Deliver(connection, done);
  }
  v1::Prepare canary_;
  std::set<uint32_t> late_legs_;
};

TEST(RunComparison, KeepsTheDesignBeforeAnythingIsAskedFor) {
  Comparers run;
  run.Run();
  ASSERT_TRUE(run.finished_);
  ASSERT_GT(run.journal_.size(), 2u);
  EXPECT_TRUE(run.journal_[0].has_begun());
  ASSERT_TRUE(run.journal_[1].has_design());
  EXPECT_THAT(run.journal_[1].design().slots(), SizeIs(2 * kRounds));
  EXPECT_EQ(run.journal_[1].design().slots(7).round(), kRounds);
}

TEST(RunComparison, RecordsTheCanaryApartFromTheLeg) {
  Comparers run;
  run.Run();
  EXPECT_EQ(run.canary_.length().ns(), 2 * kNsPerSecond);
  for (const v1::Leg& leg : run.result().legs()) {
    EXPECT_DOUBLE_EQ(leg.canary_per_s(), 20) << "two agents, ten operations a second";
    ASSERT_EQ(leg.results_size(), 2);
    EXPECT_EQ(leg.results(1).total().ok(), 60u);
  }
}

TEST(RunComparison, RunsASpoiledRoundOnceMoreAndSetsTheFirstAside) {
  Comparers run;
  run.late_legs_ = {2};  // round 2
  run.Run();
  ASSERT_TRUE(run.finished_);
  const v1::RunResult& result = run.result();
  ASSERT_EQ(result.legs_size(), 10);
  for (const int i : {2, 3}) {
    EXPECT_TRUE(result.legs(i).set_aside());
    const v1::Leg& again = result.legs(i + 6);
    EXPECT_TRUE(again.repeated());
    EXPECT_EQ(again.round(), 2u);
    EXPECT_EQ(again.target(), result.legs(i).target());
    EXPECT_EQ(again.verdict().validity(), v1::VALIDITY_VALID);
  }
  EXPECT_EQ(result.verdict().validity(), v1::VALIDITY_VALID) << "the first try no longer counts";
  EXPECT_THAT(run.said_,
              testing::Contains(HasSubstr("mixed, round 2: run again, for gate start_skew")));
  // Right after its round, not at the end.
  std::vector<uint32_t> order;
  for (const v1::JournalRecord& record : run.journal_) {
    if (record.has_verdict()) order.push_back(record.verdict().leg());
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 8, 9, 4, 5, 6, 7));
}

TEST(RunComparison, DoesNotRunARoundAThirdTime) {
  Comparers run;
  run.late_legs_ = {2, 8};
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().legs_size(), 10);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunComparison, DoesNotRepeatWhatTheDatabaseDid) {
  Comparers run;
  run.verification_matches_ = false;
  run.Run();
  EXPECT_EQ(run.result().legs_size(), 2 * static_cast<int>(kRounds));
}

}  // namespace
}  // namespace weir
