// A comparison through RunControl, with agents that exist only here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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
  explicit Comparers(const v1::Campaign& campaign = Comparing(),
                     const RunControlSettings& settings = SettingsFor(2))
      : Rehearsal(settings, campaign) {}
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

v1::Campaign Extending() {
  v1::Campaign campaign = Comparing();
  campaign.mutable_compare()->set_extend(true);
  campaign.mutable_compare()->set_threshold(0.03);
  campaign.mutable_compare()->set_margin(0.05);
  campaign.mutable_compare()->mutable_metrics(0)->set_metric("throughput_ops_per_s");
  return campaign;
}

// Both targets do the same, and four pairs are too few to call them equivalent.
TEST(RunComparison, RunsAsManyRoundsAgainOnceWhereNoDifferenceIsShown) {
  Comparers run(Extending());
  run.late_legs_ = {2, 14};  // rounds 2 and 7: both repeated
  run.Run();
  ASSERT_TRUE(run.finished_);
  const v1::RunResult& result = run.result();
  ASSERT_EQ(result.legs_size(), 20);
  EXPECT_EQ(result.verdict().validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(RoundsIn(result), 2 * kRounds);
  const auto order = RoundOrder(3, 0, kRounds + 1, {0, 1});
  EXPECT_EQ(result.legs(10).target(), order[0] == 0 ? "left" : "right");
  EXPECT_EQ(result.legs(10).round(), kRounds + 1);
  EXPECT_EQ(std::count(run.said_.begin(), run.said_.end(),
                       "no difference is shown yet: 4 rounds more, the only extension"),
            1);
  const auto designs = std::count_if(run.journal_.begin(), run.journal_.end(),
                                     [](const auto& record) { return record.has_design(); });
  EXPECT_EQ(designs, 2) << "the extension is kept, too, before it begins";
}

// Agents that fail the proof of headroom, and start late in one leg of the comparison.
class Unproven : public Comparers {
 public:
  Unproven()
      : Comparers(Extending(), [] {
          RunControlSettings settings = SettingsFor(2);
          settings.prove_headroom = true;
          settings.override_gates = true;
          return settings;
        }()) {}
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    if (arm.task() != v1::TASK_PROVE) return Comparers::RunStage(connection, arm);
    Deliver(connection, Interval(arm, 0));
    v1::AgentMessage done = Done(arm, 1);
    done.mutable_stage_done()->set_started_ns(arm.start_ns() + kNsPerSecond);
    Deliver(connection, done);
  }
};

TEST(RunComparison, SaysOfAddedLegsAsWellThatTheyWereDrivenWithoutHeadroom) {
  Unproven run;
  run.Run();
  ASSERT_TRUE(run.finished_);
  ASSERT_EQ(run.result().legs_size(), 16);
  for (const v1::Leg& leg : run.result().legs()) {
    EXPECT_FALSE(leg.headroom().proven()) << leg.index();
    EXPECT_THAT(leg.verdict().overridden(), testing::Contains("headroom")) << leg.index();
    EXPECT_EQ(leg.verdict().validity(), v1::VALIDITY_UNVERIFIED) << leg.index();
  }
}

TEST(RunComparison, DoesNotExtendWhatWasNotAllowedTo) {
  v1::Campaign campaign = Extending();
  campaign.mutable_compare()->set_extend(false);
  Comparers run(campaign);
  run.Run();
  EXPECT_EQ(run.result().legs_size(), 2 * static_cast<int>(kRounds));
}

v1::Campaign OnPostgres() {
  v1::Campaign campaign = Comparing();
  for (v1::Target& target : *campaign.mutable_targets()) target.mutable_postgres();
  return campaign;
}

// What a target that was not set up yet would disclose is not known: nothing is refused for that.
TEST(RunComparison, EndsWhenTheDatabasesTellThatTheyPromiseDifferentThings) {
  Comparers run(OnPostgres());
  run.disclosed_[0] = {{"fsync", "on"}};
  run.disclosed_[1] = {{"fsync", "off"}};
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().state(), v1::RUN_STATE_ABORTED);
  EXPECT_THAT(run.said_, testing::Contains(HasSubstr("name it in compare.acknowledge")));
  EXPECT_GT(run.result().legs(0).results_size(), 0) << "the first target ran";
  EXPECT_EQ(run.result().legs(1).results_size(), 0);

  Comparers alike(OnPostgres());
  alike.disclosed_[0] = alike.disclosed_[1] = {{"fsync", "off"}};
  alike.Run();
  EXPECT_EQ(alike.result().state(), v1::RUN_STATE_FINISHED);
}

TEST(RunComparison, DoesNotRepeatWhatTheDatabaseDid) {
  Comparers run;
  run.verification_matches_ = false;
  run.Run();
  EXPECT_EQ(run.result().legs_size(), 2 * static_cast<int>(kRounds));
}

}  // namespace
}  // namespace weir
