// A whole run through RunControl with agents that exist only here: no network, no clock.
#include "coordinator/run_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

TEST(RunControl, CarriesEveryLegThroughItsTasksAndMergesAllAgents) {
  Rehearsal run(3);
  run.Run();
  ASSERT_TRUE(run.finished_);
  const v1::RunResult& result = run.control_->result();
  EXPECT_EQ(result.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(result.verdict().validity(), v1::VALIDITY_VALID);
  ASSERT_EQ(result.legs_size(), 2);
  for (const v1::Leg& leg : result.legs()) {
    ASSERT_EQ(leg.results_size(), 2);  // load and measure
    for (const v1::PhaseResult& part : leg.results()) EXPECT_EQ(part.total().ok(), 90u);
    EXPECT_EQ(leg.shares_size(), 6);
    EXPECT_TRUE(leg.verification().matches());
    EXPECT_EQ(leg.plan_digest(), "same");
  }
  EXPECT_EQ(run.merged_ok_, 2u * 2 * 90);
  EXPECT_EQ(run.goodbyes_.size(), 3u);
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 0u);
}

// Agents that tell of partitions, of the database's processes, and of times; the first has watched
// the database.
class Evident : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    if (arm.task() == v1::TASK_LOAD) return Rehearsal::RunStage(connection, arm);
    for (uint32_t second = 0; second < 3; ++second) {
      v1::AgentMessage message = Interval(arm, second);
      v1::Interval* interval = message.mutable_interval()->mutable_interval();
      interval->add_partitions()->set_attempts(5);
      interval->add_processes()->set_cpu_ns(100);
      Tally times;
      times.counts() = Ok(10);
      times.lag.RecordTimes(0, 10);
      for (Histogram* taken : {&times.response, &times.dispatch_response, &times.service}) {
        taken->RecordTimes(2 * kNsPerMs, 10);
      }
      *interval->mutable_operations(0)->mutable_tally() = times.ToProto();
      Deliver(connection, message);
    }
    v1::AgentMessage done = Done(arm, 3);
    if (connection == 1) {
      done.mutable_stage_done()->mutable_evidence()->add_events()->set_what("checkpoint (timed)");
    }
    Deliver(connection, done);
  }
};

TEST(RunControl, KeepsTheEvidenceOfTheMeasurePhaseAndNamesTheBottleneck) {
  Evident run(2);
  run.Run();
  ASSERT_TRUE(run.finished_);
  for (const v1::Leg& leg : run.control_->result().legs()) {
    ASSERT_EQ(leg.partitions_size(), 1);
    EXPECT_EQ(leg.partitions(0).attempts(), 20u) << "two agents, two seconds after the warm-up";
    ASSERT_EQ(leg.processes_size(), 2);  // one for each agent that saw them
    EXPECT_EQ(leg.processes(0).cpu_ns(), 200u);
    ASSERT_EQ(leg.evidence().events_size(), 1);
    EXPECT_EQ(leg.bottleneck().place(), v1::BOTTLENECK_PLACE_NONE) << leg.bottleneck().sentence();
    EXPECT_GT(leg.bottleneck().evidence_size(), 1);
  }
}

TEST(RunControl, ReachesEveryTargetBeforeAnythingIsCreated) {
  Rehearsal run(2);
  run.Run();
  ASSERT_GE(run.tasks_.size(), 3u);
  EXPECT_EQ(run.tasks_[0].task, v1::TASK_REACH);
  EXPECT_EQ(run.tasks_[1].task, v1::TASK_REACH);
  EXPECT_EQ(run.tasks_[2].task, v1::TASK_SET_UP);
  EXPECT_TRUE(run.tasks_[2].create);
  EXPECT_FALSE(run.tasks_[3].create) << "only one agent may drop and create the schema";
}

TEST(RunControl, StartsAllAgentsAtOneInstantOfTheirOwnClocks) {
  Rehearsal run(3);
  run.Run();
  // Skews are thousands of seconds; what is left is the uncertainty of the exchange.
  EXPECT_NEAR(run.starts_[1], run.starts_[2], 10);
  EXPECT_NEAR(run.starts_[1], run.starts_[3], 10);
}

TEST(RunControl, StopsBeforeAnyLoadWhenATargetCannotBeReached) {
  Rehearsal run(2);
  run.failing_task_ = v1::TASK_REACH;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_TRUE(run.control_->target_unreachable());
  EXPECT_TRUE(run.stages_.empty());
  EXPECT_EQ(run.control_->result().state(), v1::RUN_STATE_ABORTED);
  EXPECT_THAT(run.said_, Contains(HasSubstr("target left: password authentication failed")));
}

TEST(RunControl, TellsWhatIsWrongWithEveryTargetAtOnce) {
  Rehearsal run(1);
  run.failing_task_ = v1::TASK_REACH;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_THAT(run.said_, Contains(AllOf(HasSubstr("target left: password authentication failed"),
                                        HasSubstr("target right: password"))));
}

TEST(RunControl, TellsTheAgentWhatMayBeDroppedWhileItReachesTheTargets) {
  RunControlSettings settings = SettingsFor(2);
  settings.droppable = {"right"};
  Rehearsal run(settings);
  run.Run();
  ASSERT_GE(run.tasks_.size(), 2u);
  EXPECT_EQ(run.tasks_[0].task, v1::TASK_REACH);
  EXPECT_FALSE(run.tasks_[0].create) << "nobody has confirmed it";
  EXPECT_EQ(run.tasks_[1].task, v1::TASK_REACH);
  EXPECT_TRUE(run.tasks_[1].create);
}

TEST(RunControl, GoesOnWithTheNextLegWhenOneFails) {
  Rehearsal run(2);
  run.failing_task_ = v1::TASK_VERIFY;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.stages_, (std::vector<std::string>{"left", "right"}));
  EXPECT_EQ(run.control_->result().state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(run.control_->result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunControl, CallsARunInvalidWhenTheDataReadBackDiffer) {
  Rehearsal run(1);
  run.verification_matches_ = false;
  run.Run();
  EXPECT_EQ(run.control_->result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunControl, RefusesAgentsWithDifferentPlans) {
  Rehearsal run(2);
  run.digests_[2] = "other";
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_TRUE(run.stages_.empty());
  EXPECT_THAT(run.control_->result().legs(0).failure(), HasSubstr("another plan"));
}

TEST(RunControl, RefusesALateAgentAndOneWithAnotherProtocol) {
  Rehearsal run(1);
  v1::AgentMessage stranger = Rehearsal::Hello("stranger");
  stranger.mutable_hello()->set_protocol(99);
  run.Deliver(7, stranger);
  EXPECT_EQ(run.goodbyes_[7].exit_code(), 64u);
  run.Join(1);
  run.Join(8);
  EXPECT_EQ(run.goodbyes_[8].exit_code(), 65u);
}

TEST(RunControl, GivesUpWhenAgentsDoNotJoinInTime) {
  Rehearsal run(2);
  run.Join(1);
  run.Pass(121 * kNsPerSecond, kNsPerSecond);
  EXPECT_TRUE(run.finished_);
  EXPECT_THAT(run.said_, Contains(HasSubstr("1 of 2 agents did not join")));
}

TEST(RunControl, KeepsWhatWasMeasuredWhenInterrupted) {
  EndlessRehearsal run(2);
  run.Run();
  ASSERT_FALSE(run.finished_);
  run.control_->Interrupt(run.now_);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  const v1::RunResult& result = run.control_->result();
  EXPECT_EQ(result.state(), v1::RUN_STATE_INTERRUPTED);
  EXPECT_EQ(result.legs(0).results(0).total().ok(), 20u);
  EXPECT_THAT(result.legs(1).failure(), HasSubstr("not run"));
}

TEST(RunControl, DoesNotWaitForEverForAnAgentThatDoesNotStop) {
  EndlessRehearsal run(2);
  run.deaf_ = 2;
  run.Run();
  run.control_->Interrupt(run.now_);
  run.Pump();
  EXPECT_FALSE(run.finished_);
  run.Pass(4 * kNsPerSecond);
  EXPECT_TRUE(run.finished_);
}

TEST(RunControl, EndsTheRunWhenTheStoreCannotKeepASecond) {
  Rehearsal run(1);
  run.store_status_ = absl::ResourceExhaustedError("the disk is full");
  run.Run();
  run.Pass(10 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().state(), v1::RUN_STATE_ABORTED);
  EXPECT_THAT(run.said_, Contains(HasSubstr("the disk is full")));
  EXPECT_EQ(run.acknowledged_.count(1), 0u) << "what is not kept must not be acknowledged";
}

TEST(RunControl, WritesDownEveryStepBeforeItIsTaken) {
  Rehearsal run(2);
  run.Run();
  std::vector<std::string> kinds;
  for (const v1::JournalRecord& record : run.journal_) {
    if (record.has_prepare()) kinds.push_back(v1::Task_Name(record.prepare().task()));
    if (record.has_go()) kinds.push_back("go");
    if (record.has_verdict()) kinds.push_back("verdict");
    if (record.has_state()) kinds.push_back(v1::RunState_Name(record.state().state()));
  }
  const std::vector<std::string> leg = {"TASK_SET_UP", "TASK_SET_UP", "TASK_LOAD", "go",
                                        "TASK_VERIFY", "TASK_DRIVE",  "go",        "verdict"};
  std::vector<std::string> expected = {"TASK_REACH", "TASK_REACH"};
  expected.insert(expected.end(), leg.begin(), leg.end());
  expected.insert(expected.end(), leg.begin(), leg.end());
  expected.push_back("RUN_STATE_FINISHED");
  EXPECT_EQ(kinds, expected);
}

TEST(RunControl, SaysGoodbyeUntilEveryAgentHasHeardButNotForEver) {
  EndlessRehearsal run(2);
  run.Run();
  run.cut_ = {2};
  run.control_->Interrupt(run.now_);
  run.Pump();
  EXPECT_FALSE(run.finished_);
  run.Pass(4 * kNsPerSecond);  // agent 2 does not stop in time
  EXPECT_FALSE(run.finished_);
  run.cut_.clear();
  run.Pass(kNsPerSecond);
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.goodbyes_.count(2), 1u);
}

TEST(RunControl, IsNotInterruptedAnyMoreWhenItsResultIsFinal) {
  class Deaf : public Rehearsal {
   public:
    using Rehearsal::Rehearsal;
    void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
      if (!message.has_goodbye()) Rehearsal::Answer(connection, message);
    }
  };
  Deaf run(1);
  run.Run();
  EXPECT_FALSE(run.finished_);
  run.control_->Interrupt(run.now_);
  run.control_->Abort("too late", run.now_);
  run.Pass(3 * kNsPerSecond);
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.result().state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
}

// --------------------------------------------------------------------------- proof of headroom

// Agents that can, or cannot, offer what is asked of them.
class Proving : public Rehearsal {
 public:
  explicit Proving(bool override_gates = false)
      : Rehearsal([override_gates] {
          RunControlSettings settings = SettingsFor(2);
          settings.prove_headroom = true;
          settings.override_gates = override_gates;
          return settings;
        }()) {}
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    proven_ += arm.task() == v1::TASK_PROVE ? 1 : 0;
    Deliver(connection, Interval(arm, 0));
    v1::AgentMessage done = Done(arm, 1);
    if (late_) done.mutable_stage_done()->set_started_ns(arm.start_ns() + kNsPerSecond);
    Deliver(connection, done);
  }
  void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
    if (prepare.task() == v1::TASK_PROVE) proof_ = prepare;
    Rehearsal::Prepare(connection, prepare);
  }
  v1::Prepare proof_;
  int proven_ = 0;
  bool late_ = false;
};

TEST(RunControl, ProvesHeadroomOncePerScenarioAndKeepsItOutOfTheLegs) {
  Proving run;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.proven_, 2);  // two agents, one scenario
  EXPECT_EQ(run.proof_.rate_factor(), 1.5);
  EXPECT_EQ(run.proof_.length().ns(), 2 * kNsPerSecond);
  for (const v1::Leg& leg : run.result().legs()) {
    EXPECT_TRUE(leg.headroom().proven());
    ASSERT_EQ(leg.results_size(), 2);
    EXPECT_EQ(leg.results(1).total().ok(), 20u);
  }
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
}

TEST(RunControl, DrivesNoTargetWithAgentsThatFailTheProof) {
  Proving run;
  run.late_ = true;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_TRUE(run.stages_.empty());
  EXPECT_FALSE(run.result().legs(1).headroom().proven());
  EXPECT_THAT(run.said_, Contains(HasSubstr("cannot offer 1.5 times its rate")));
  for (const Rehearsal::Asked& asked : run.tasks_) EXPECT_NE(asked.task, v1::TASK_SET_UP);
  EXPECT_EQ(run.proven_, 3 * 2) << "three attempts of two agents";
}

TEST(RunControl, GoesOnWithoutHeadroomWhereTheUserInsists) {
  Proving run(/*override_gates=*/true);
  run.late_ = true;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_FALSE(run.stages_.empty());
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_UNVERIFIED);
  EXPECT_THAT(run.result().legs(0).verdict().overridden(), Contains("headroom"));
}

}  // namespace
}  // namespace weir
