// The start of a stage in two phases, with agents that do not answer, or start late (R38, R39).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.h"
#include "coordinator/start_barrier.h"
#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Agents that may leave Arm unanswered.
class Hesitant : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void Arm(ConnectionId connection, const v1::Arm& arm) override {
    attempts_[connection] = std::max(attempts_[connection], arm.attempt());
    if (connection == mute_ && arm.attempt() <= mute_attempts_) return;
    Rehearsal::Arm(connection, arm);
  }
  std::map<ConnectionId, uint32_t> attempts_;
  ConnectionId mute_ = 0;
  uint32_t mute_attempts_ = 99;
};

TEST(StartLead, GrowsWithTheRoundTripButOneThatTookLongDoesNotHoldUpALocalRun) {
  EXPECT_EQ(StartLeadNs(true, 100 * kNsPerUs), 80 * kNsPerMs);
  EXPECT_EQ(StartLeadNs(true, 5 * kNsPerMs), 500 * kNsPerMs);
  EXPECT_EQ(StartLeadNs(true, 210 * kNsPerMs), 2100 * kNsPerMs);
  EXPECT_EQ(StartLeadNs(false, 5 * kNsPerMs), 2 * kNsPerSecond);
  EXPECT_EQ(StartLeadNs(false, kNsPerSecond), 10 * kNsPerSecond);
  EXPECT_EQ(StartLeadNs(false, 60 * kNsPerSecond), 30 * kNsPerSecond);
}

TEST(RunStart, GoComesOnlyWhenAllAreArmed) {
  Hesitant run(3);
  run.mute_ = 2;
  run.Run();
  EXPECT_EQ(run.goes_, 0);
  EXPECT_TRUE(run.begun_.empty());
}

TEST(RunStart, RepeatsArmToWhoeverHasNotAnswered) {
  Hesitant run(2);
  run.mute_ = 2;
  run.Run();
  run.mute_ = 0;
  run.Pass(100 * kNsPerMs);
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.attempts_[2], 1u);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
}

TEST(RunStart, ArmsOnceMoreWithALaterStart) {
  Hesitant run(2);
  run.mute_ = 2;
  run.mute_attempts_ = 1;
  run.Run();
  const int64_t first_start = run.starts_[1];
  run.Pass(2 * kNsPerSecond);
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.attempts_[1], 2u);
  EXPECT_GT(run.starts_[1], first_start);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
}

TEST(RunStart, IssuesNothingAndNamesWhoIsMissingWhenAnAgentDoesNotArm) {
  Hesitant run(3);
  run.mute_ = 2;
  run.Run();
  run.Pass(3 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.goes_, 0);
  EXPECT_EQ(run.merged_ok_, 0u);
  EXPECT_EQ(run.result().state(), v1::RUN_STATE_ABORTED);
  EXPECT_THAT(run.said_, Contains(HasSubstr("not ready to start in time: agent a2")));
  EXPECT_THAT(run.result().legs(0).failure(), HasSubstr("not run: "));
}

TEST(RunStart, DoesNotBeginWhatTheJournalCannotTellOf) {
  Rehearsal run(2);
  run.go_status_ = absl::InternalError("the journal is gone");
  run.Run();
  run.Pass(kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.goes_, 0);
  EXPECT_EQ(run.merged_ok_, 0u);
}

TEST(RunStart, StopsTheRunWhenAnAgentMissesTheStart) {
  class Missing : public Rehearsal {
   public:
    using Rehearsal::Rehearsal;
    void RunStage(ConnectionId connection, const v1::Arm& arm) override {
      if (connection != 2) return Rehearsal::RunStage(connection, arm);
      v1::AgentMessage done = Done(arm, 0);
      done.mutable_stage_done()->clear_totals();
      done.mutable_stage_done()->clear_started_ns();
      done.mutable_stage_done()->set_missed_start(true);
      Deliver(connection, done);
    }
  };
  Missing run(2);
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.result().verdict().reasons(), Contains(HasSubstr("agent a2 missed the start")));
}

// ---------------------------------------------------------------------------- skew and clocks

// An agent whose workers have their first turn late.
class Late : public Rehearsal {
 public:
  Late(int64_t lateness_ns, int64_t allowed_ns)
      : Rehearsal([&] {
          RunControlSettings settings = SettingsFor(2);
          settings.max_start_skew_ns = allowed_ns;
          return settings;
        }()),
        lateness_ns_(lateness_ns) {}
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    Deliver(connection, Interval(arm, 0));
    v1::AgentMessage done = Done(arm, 1);
    if (connection == 2) {
      done.mutable_stage_done()->set_started_ns(arm.start_ns() + lateness_ns_);
    }
    Deliver(connection, done);
  }
  const int64_t lateness_ns_;
};

TEST(RunStart, MeasuresTheStartSkewOfEachAgentOnOneClock) {
  Late run(3 * kNsPerMs, 10 * kNsPerMs);
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
  for (const v1::AgentShare& share : run.result().legs(0).shares()) {
    EXPECT_NEAR(share.start_skew_ns(), share.agent() == 1 ? 3 * kNsPerMs : 1000, 100);
    EXPECT_LT(share.start_skew_bound_ns(), kNsPerMs);
  }
}

TEST(RunStart, CallsALegInvalidWhenAnAgentStartedTooFarFromTheOthers) {
  Late run(11 * kNsPerMs, 10 * kNsPerMs);
  run.Run();
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.result().verdict().reasons(),
              Contains(HasSubstr("gate start_skew of a2: started 11.0 ms")));
  Late tolerated(11 * kNsPerMs, 20 * kNsPerMs);
  tolerated.Run();
  EXPECT_EQ(tolerated.result().verdict().validity(), v1::VALIDITY_VALID);
}

TEST(RunStart, GivesRemoteAgentsTwoSecondsAndSlowOnesTenRoundTrips) {
  RunControlSettings settings = SettingsFor(2);
  settings.local_agents = false;
  Hesitant remote(settings);
  remote.mute_ = 1;
  remote.Run();
  EXPECT_NEAR(remote.starts_[2], remote.now_ + 2 * kNsPerSecond, kNsPerMs);

  class Distant : public Hesitant {
   public:
    using Hesitant::Hesitant;
    void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
      if (message.has_ping() && connection == 2 && message.ping().sequence() < 3) {
        now_ += 400 * kNsPerMs;
      }
      Hesitant::Answer(connection, message);
    }
  };
  Distant slow(settings);
  slow.mute_ = 1;
  slow.Run();
  EXPECT_GT(slow.starts_[2], slow.now_ + 3 * kNsPerSecond);
}

// The clock of one agent jumps while the stage runs.
TEST(RunStart, CallsALegInvalidWhenAClockStepsMidRun) {
  class Jumping : public EndlessRehearsal {
   public:
    using EndlessRehearsal::EndlessRehearsal;
    void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
      if (!message.has_ping() || connection != 2) {
        return EndlessRehearsal::Answer(connection, message);
      }
      v1::AgentMessage reply;
      v1::Pong* pong = reply.mutable_pong();
      pong->set_sequence(message.ping().sequence());
      pong->set_ping_sent_ns(message.ping().sent_ns());
      pong->set_received_ns(now_ + Skew(connection) + step_ns_);
      pong->set_sent_ns(pong->received_ns());
      Deliver(connection, reply);
    }
    void RunStage(ConnectionId connection, const v1::Arm& arm) override {
      if (arm.task() == v1::TASK_LOAD) return Rehearsal::RunStage(connection, arm);
      EndlessRehearsal::RunStage(connection, arm);
    }
    int64_t step_ns_ = 0;
  };
  for (const int64_t step_ns : {int64_t{0}, -3600 * kNsPerSecond, 3600 * kNsPerSecond}) {
    Jumping run(2);
    run.Run();
    run.Pass(2 * kNsPerSecond);
    run.step_ns_ = step_ns;
    run.Pass(2 * kNsPerSecond);
    run.control_->Interrupt(run.now_);
    run.Pump();
    ASSERT_TRUE(run.finished_);
    const auto& reasons = run.result().legs(0).verdict().reasons();
    EXPECT_EQ(step_ns != 0, std::any_of(reasons.begin(), reasons.end(), [](const auto& reason) {
                return reason.find("gate clock of a2: its clock jumped") != std::string::npos;
              }));
  }
}

}  // namespace
}  // namespace weir
