// Agents that go away, come back, or are not who they say (R40, R41, R43).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;

v1::AgentMessage HelloAgain(ConnectionId first_connection) {
  v1::AgentMessage hello = Rehearsal::Hello("a" + std::to_string(first_connection));
  hello.mutable_hello()->set_run_id("test");
  hello.mutable_hello()->set_agent_index(static_cast<uint32_t>(first_connection - 1));
  return hello;
}

// Loads that end, and a drive whose plan is known: ten operations in each second.
class Planned : public EndlessRehearsal {
 public:
  using EndlessRehearsal::EndlessRehearsal;
  void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
    if (prepare.task() != v1::TASK_DRIVE) return Rehearsal::Prepare(connection, prepare);
    v1::AgentMessage reply;
    v1::Prepared* prepared = reply.mutable_prepared();
    prepared->set_step(prepare.step());
    prepared->add_operations()->set_name("read");
    v1::PlannedCounts* plan = prepared->add_planned();
    plan->set_phase(v1::PHASE_MEASURE);
    for (int second = 0; second < 60; ++second) plan->add_by_second(10);
    Deliver(connection, reply);
  }
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    if (arm.task() == v1::TASK_DRIVE) return EndlessRehearsal::RunStage(connection, arm);
    Rehearsal::RunStage(connection, arm);
  }
};

TEST(RunLoss, CallsARunInvalidWhenAnAgentIsLostAndStopsTheRest) {
  EndlessRehearsal run(3);
  run.Run();
  run.control_->OnAgentEnded("a2", "was killed by signal 9 (Killed)", run.now_);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.stops_, 2);
  EXPECT_EQ(run.result().state(), v1::RUN_STATE_ABORTED);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.result().verdict().reasons(),
              Contains(HasSubstr("agent a2 was lost: it was killed by signal 9")));
}

TEST(RunLoss, CountsWhatALostAgentWasToDoAsLost) {
  Planned run(2);
  run.Run();
  run.cut_ = {2};
  run.Pass(20 * kNsPerSecond);  // nobody plays the seconds after the first
  ASSERT_TRUE(run.finished_);
  ASSERT_EQ(run.result().legs(0).results_size(), 2);
  const v1::Tally& total = run.result().legs(0).results(1).total();
  EXPECT_EQ(total.ok(), 20u);
  // Seconds 1 … to the one in which it was given up: lease and margin after it was last heard.
  EXPECT_EQ(total.lost(), 50u);
  EXPECT_EQ(total.planned(), total.ok() + total.lost());
  EXPECT_THAT(run.result().legs(0).verdict().reasons(),
              Contains(HasSubstr("50 planned operations were lost")));
}

// The one drive of a campaign with one target, tolerant of losses.
class Tolerant : public Planned {
 public:
  explicit Tolerant(uint32_t agents)
      : Planned([agents] {
          RunControlSettings settings = SettingsFor(agents);
          settings.min_agents = 1;
          return settings;
        }()) {}

  // The agent tells of the rest of its plan and is done.
  void PlayToTheEnd(ConnectionId connection) {
    const v1::Arm& arm = arms_[connection];
    for (uint32_t second = 1; second < 60; ++second) Deliver(connection, Interval(arm, second));
    Deliver(connection, Done(arm, 60));
    Pump();
  }
};

TEST(RunLoss, GoesOnWithoutAnAgentWhereThatIsToleratedAndSaysPartial) {
  Tolerant run(2);
  run.Run();
  run.control_->OnAgentEnded("a2", "was killed by signal 9 (Killed)", run.now_);
  EXPECT_EQ(run.stops_, 0);
  run.PlayToTheEnd(1);
  const v1::Leg& leg = run.result().legs(0);
  EXPECT_EQ(leg.verdict().validity(), v1::VALIDITY_PARTIAL) << leg.verdict().DebugString();
  EXPECT_THAT(leg.verdict().reasons(), Contains(HasSubstr("agent a2 was lost: it was killed")));
  const v1::Tally& total = leg.results(1).total();
  EXPECT_EQ(total.planned(), 1200u);  // never renormalised
  EXPECT_EQ(total.ok(), 610u);
  EXPECT_EQ(total.lost(), 590u);
  // What comes after needs every agent.
  ASSERT_TRUE(run.finished_);
  EXPECT_THAT(run.result().legs(1).failure(), HasSubstr("not run: agent a2 was lost"));
}

TEST(RunLoss, ToleratesNothingWhenNobodyIsLeft) {
  Tolerant run(1);
  run.Run();
  run.control_->OnAgentEnded("a1", "was killed by signal 9 (Killed)", run.now_);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunLoss, WaitsForTheLeaseAndAMarginBeforeAnAgentIsLost) {
  EndlessRehearsal run(2);
  run.Run();
  run.cut_ = {2};
  run.Pass(5 * kNsPerSecond);
  EXPECT_EQ(run.stops_, 0) << "the agent itself may go on until its lease ends";
  run.Pass(kNsPerSecond);
  EXPECT_EQ(run.stops_, 1);
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunLoss, TakesUpWithAnAgentThatComesBackWithinTheLease) {
  EndlessRehearsal run(2);
  run.Run();
  run.cut_ = {2};
  run.control_->OnDisconnected(2, run.now_);
  run.Pass(3 * kNsPerSecond);
  run.Deliver(7, HelloAgain(2));
  run.arms_[7] = run.arms_[2];
  run.begun_.insert({7, run.arms_[2].step()});
  run.Pass(20 * kNsPerSecond);
  EXPECT_EQ(run.stops_, 0);
  run.Deliver(7, Rehearsal::Interval(run.arms_[2], 1));
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 1));
  run.Pump();
  EXPECT_EQ(run.merged_ok_, 40u);
  EXPECT_EQ(run.acknowledged_[7].sequence(), 2u);
}

// Through relays a connection's number does not tell which of an agent's is the later.
TEST(RunLoss, StaysWithTheStreamThatTheAgentDialledLast) {
  EndlessRehearsal run(2);
  run.Run();
  v1::AgentMessage third = HelloAgain(2);
  third.mutable_hello()->set_dial(3);
  run.Deliver(7, third);
  v1::AgentMessage second = HelloAgain(2);
  second.mutable_hello()->set_dial(2);
  run.Deliver(8, second);
  run.acknowledged_.clear();
  run.Deliver(7, Rehearsal::Interval(run.arms_[2], 1));
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 1));
  EXPECT_EQ(run.acknowledged_[7].sequence(), 2u);
  EXPECT_FALSE(run.acknowledged_.contains(8)) << "it came late from an earlier dial";
  v1::AgentMessage fourth = HelloAgain(2);
  fourth.mutable_hello()->set_dial(4);
  run.Deliver(5, fourth);
  run.Deliver(1, Rehearsal::Interval(run.arms_[1], 2));
  run.Deliver(5, Rehearsal::Interval(run.arms_[2], 2));
  EXPECT_EQ(run.acknowledged_[5].sequence(), 3u) << "a later dial, whatever its number";
}

TEST(RunLoss, RefusesAnAgentThatWasAwayForTooLong) {
  EndlessRehearsal run(3);
  run.deaf_ = 3;
  run.Run();
  run.cut_ = {2, 3};  // agent 3 keeps the run from ending
  run.Pass(3 * kNsPerSecond);
  run.cut_ = {2};
  run.Pass(3 * kNsPerSecond);
  run.Deliver(7, HelloAgain(2));
  EXPECT_EQ(run.goodbyes_[7].exit_code(), 65u);
  EXPECT_THAT(run.goodbyes_[7].reason(), HasSubstr("too long"));
}

TEST(RunLoss, RefusesASecondAgentOfTheSameNameAndOneOfAnotherRun) {
  Rehearsal run(3);
  run.Join(1);
  v1::AgentMessage namesake = Rehearsal::Hello("a1");
  namesake.mutable_hello()->set_incarnation("another process");
  run.Deliver(5, namesake);
  EXPECT_THAT(run.goodbyes_[5].reason(), HasSubstr("an agent named a1 attends already"));
  v1::AgentMessage lost_sheep = Rehearsal::Hello("b");
  lost_sheep.mutable_hello()->set_run_id("another run");
  run.Deliver(6, lost_sheep);
  EXPECT_EQ(run.goodbyes_[6].exit_code(), 65u);
}

TEST(RunLoss, LetsAnAgentBeStartedAnewBeforeTheRunBegins) {
  Rehearsal run(2);
  run.Join(1);
  run.control_->OnDisconnected(1, run.now_);
  v1::AgentMessage anew = Rehearsal::Hello("a1");
  anew.mutable_hello()->set_incarnation("another process");
  run.cut_ = {1};
  run.Deliver(5, anew);
  run.Join(2);
  run.Pump();
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.result().agents_size(), 2);
  EXPECT_EQ(run.result().agents(0).incarnation(), "another process");
}

TEST(RunLoss, GrantsTheLeaseFromTheLatestPongThatItHasSeen) {
  EndlessRehearsal run(1);
  run.Run();
  run.cut_ = {1};
  run.Pass(3 * kNsPerSecond);
  run.cut_.clear();
  run.inbox_.clear();
  const int64_t last_pong_ns = run.now_ - 3 * kNsPerSecond + 1000 * kNsPerSecond;
  run.now_ += kNsPerSecond;
  run.control_->OnTick(run.now_);
  for (const auto& [connection, message] : run.inbox_) {
    if (message.has_ping()) {
      EXPECT_LE(message.ping().granted_from_ns(), last_pong_ns);
      EXPECT_GT(message.ping().granted_from_ns(), last_pong_ns - kNsPerSecond);
    }
  }
  EXPECT_FALSE(run.inbox_.empty());
}

// As long as it takes a ping to come round, and not until the next one is due.
TEST(RunLoss, RenewsTheLeaseAtOnceWhenAnAgentIsHeardAgain) {
  class Granted : public EndlessRehearsal {
   public:
    using EndlessRehearsal::EndlessRehearsal;
    void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
      if (message.has_ping()) granted_from_ns_.push_back(message.ping().granted_from_ns());
      EndlessRehearsal::Answer(connection, message);
    }
    std::vector<int64_t> granted_from_ns_;
  };
  Granted run(1);
  run.Run();
  run.Pass(2 * kNsPerSecond);
  run.cut_ = {1};
  run.Pass(3 * kNsPerSecond);
  run.cut_.clear();
  const int64_t healed_ns = run.now_;
  run.granted_from_ns_.clear();
  run.Pass(PingPeriodNs(kDefaultLeaseNs, 1) + 100 * kNsPerMs);
  ASSERT_GE(run.granted_from_ns_.size(), 2u);
  EXPECT_LT(run.granted_from_ns_[0], healed_ns + run.Skew(1)) << "what it knew before";
  EXPECT_GE(run.granted_from_ns_[1], healed_ns + run.Skew(1));
  EXPECT_LE(run.granted_from_ns_.size(), 3u) << "one more, and not one for each answer";
}

// Bursts for the clocks come less often to each of many.
TEST(RunLoss, PingsAThousandAgentsHardlyMoreOftenThanOnceASecondEach) {
  class Counting : public EndlessRehearsal {
   public:
    using EndlessRehearsal::EndlessRehearsal;
    void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
      pings_ += message.has_ping() ? 1 : 0;
      EndlessRehearsal::Answer(connection, message);
    }
    size_t pings_ = 0;
  };
  Counting run(1000);
  run.Run();
  run.pings_ = 0;
  run.Pass(30 * kNsPerSecond, 200 * kNsPerMs);
  EXPECT_GE(run.pings_, 30'000u) << "once a second";
  EXPECT_LE(run.pings_, 40'000u);
}

// Four of five seconds of silence, and half a second to be there again.
TEST(RunLoss, LeavesAnAgentMostOfItsLeaseAtAnyTime) {
  EXPECT_LE(2 * PingPeriodNs(kDefaultLeaseNs, 100), kDefaultLeaseNs / 10);
  for (const uint32_t agents : {1u, 100u, 10'000u, 100'000u}) {
    for (const int64_t lease_ns : {kShortestLeaseNs, kDefaultLeaseNs, kLongestLeaseNs}) {
      const int64_t period_ns = PingPeriodNs(lease_ns, agents);
      EXPECT_LE(period_ns, lease_ns / 5);
      EXPECT_GE(SilenceNs(lease_ns, agents), 3 * period_ns) << "a ping that is late is no silence";
      EXPECT_LE(SilenceNs(lease_ns, agents), lease_ns * 3 / 5) << "time is left to dial";
    }
  }
}

TEST(RunLoss, KeepsTheRestWhenAnAgentIsLostWhileItStops) {
  EndlessRehearsal run(2);
  run.deaf_ = 2;
  run.Run();
  run.control_->Interrupt(run.now_);
  run.Pump();
  run.control_->OnAgentEnded("a2", "ended with exit code 1", run.now_);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().legs(0).results(0).total().ok(), 20u);
  EXPECT_EQ(run.result().legs(0).verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunLoss, SaysWhenAnAgentStoppedByItself) {
  class Quitting : public Rehearsal {
   public:
    using Rehearsal::Rehearsal;
    void RunStage(ConnectionId connection, const v1::Arm& arm) override {
      Deliver(connection, Interval(arm, 0));
      v1::AgentMessage done = Done(arm, 1);
      done.mutable_stage_done()->set_stopped_early(connection == 2);
      Deliver(connection, done);
    }
  };
  Quitting run(2);
  run.Run();
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.result().legs(0).failure(), HasSubstr("agent a2: stopped before the end"));
}

}  // namespace
}  // namespace weir
