// Who may join a run, and as which of its agents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

v1::AgentMessage HelloAs(const std::string& name, uint32_t index) {
  v1::AgentMessage hello = Rehearsal::Hello(name);
  hello.mutable_hello()->set_index_wanted(index);
  return hello;
}

RunControlSettings Remote(uint32_t agents) {
  RunControlSettings settings = SettingsFor(agents);
  settings.local_agents = false;
  return settings;
}

TEST(RunJoin, TheIndexWantedIsTheShare) {
  class Shares : public Rehearsal {
   public:
    using Rehearsal::Rehearsal;
    void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
      if (prepare.task() == v1::TASK_DRIVE) shares_[connection] = prepare.share_index();
      Rehearsal::Prepare(connection, prepare);
    }
    std::map<ConnectionId, uint32_t> shares_;
  };
  Shares run(3);
  run.Deliver(1, HelloAs("last", 2));
  run.Deliver(2, HelloAs("first", 0));
  run.Deliver(3, HelloAs("middle", 1));
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(run.shares_[1], 2u);
  EXPECT_EQ(run.shares_[2], 0u);
  EXPECT_EQ(run.shares_[3], 1u);
  ASSERT_EQ(run.result().agents_size(), 3);
  EXPECT_EQ(run.result().agents(0).name(), "first");
  EXPECT_EQ(run.result().agents(1).name(), "middle");
  EXPECT_EQ(run.result().agents(2).name(), "last");
}

TEST(RunJoin, TheNewestProcessOfAnIndexHasItAndTheOneBeforeIsSuperseded) {
  Rehearsal run(Remote(2));
  run.Deliver(1, HelloAs("old", 0));
  run.Deliver(2, HelloAs("new", 0));
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 65u);
  EXPECT_THAT(run.goodbyes_[1].reason(), HasSubstr("SUPERSEDED"));
  run.Deliver(3, HelloAs("other", 1));
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
  ASSERT_EQ(run.result().agents_size(), 2);
  EXPECT_EQ(run.result().agents(0).name(), "new");
}

TEST(RunJoin, WhoWasSupersededDoesNotComeBackAndIsToldUntilItHears) {
  Rehearsal run(Remote(2));
  run.Deliver(1, HelloAs("old", 0));
  run.Deliver(2, HelloAs("new", 0));
  run.goodbyes_.clear();
  run.Pass(2 * kNsPerSecond);
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 65u) << "the first word may be lost";
  run.Deliver(7, HelloAs("old", 0));
  EXPECT_EQ(run.goodbyes_[7].exit_code(), 65u);
  run.control_->OnDisconnected(1, run.now_);
  run.goodbyes_.clear();
  run.Pass(2 * kNsPerSecond);
  EXPECT_EQ(run.goodbyes_.count(1), 0u);
}

TEST(RunJoin, AnIndexThatTheRunDoesNotHaveIsAMistake) {
  Rehearsal run(2);
  run.Deliver(1, HelloAs("a", 2));
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[1].reason(), HasSubstr("index 2 is none of 2 agents"));
}

TEST(RunJoin, AnIndexThatWasGivenToAnotherIsAMistake) {
  Rehearsal run(2);
  run.Join(1);
  run.Deliver(2, HelloAs("b", 0));
  EXPECT_EQ(run.goodbyes_[2].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[2].reason(), HasSubstr("index 0 was given to agent a1"));
}

TEST(RunJoin, NobodyJoinsARunThatHasBegun) {
  EndlessRehearsal run(1);
  run.Run();
  run.Deliver(7, HelloAs("late", 0));
  EXPECT_EQ(run.goodbyes_[7].exit_code(), 65u);
  EXPECT_THAT(run.goodbyes_[7].reason(), HasSubstr("too late"));
  EXPECT_EQ(run.goodbyes_.count(1), 0u) << "the one that runs is not superseded";
}

TEST(RunJoin, AnAgentThatIsSilentBeforeTheRunBeginsMakesRoomForAnother) {
  Rehearsal run(Remote(2));
  run.Join(1);
  run.cut_ = {1};
  run.Pass(7 * kNsPerSecond);
  EXPECT_THAT(run.said_, Contains(HasSubstr("agent a1 left before the run began")));
  EXPECT_FALSE(run.finished_);
  run.Join(2);
  run.Join(3);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
  ASSERT_EQ(run.result().agents_size(), 2);
  EXPECT_EQ(run.result().agents(0).name(), "a2");
}

TEST(RunJoin, NamesTheIndicesThatAreMissingWhenTheTimeIsUp) {
  RunControlSettings settings = Remote(4);
  settings.join_timeout_ns = 30 * kNsPerSecond;
  Rehearsal run(settings);
  run.Deliver(1, HelloAs("near", 2));
  run.Deliver(2, HelloAs("far", 0));
  run.Pass(31 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_TRUE(run.control_->agents_missing());
  EXPECT_THAT(run.result().verdict().reasons(),
              Contains("2 of 4 agents did not join within 30 s (--join-timeout); missing: 1, 3; "
                       "here: 0 (far on ), 2 (near on )"));
  EXPECT_EQ(run.result().agents_size(), 2);
}

// ------------------------------------------------------------------------------- as many as join

RunControlSettings AnyNumber() {
  RunControlSettings settings = Remote(0);
  settings.join_timeout_ns = 60 * kNsPerSecond;
  settings.join_window_ns = 10 * kNsPerSecond;
  return settings;
}

v1::Campaign WithSessions(uint32_t sessions) {
  v1::Campaign campaign = TwoTargets();
  v1::Scenario* scenario = campaign.mutable_scenarios(0);
  scenario->mutable_shape()->mutable_open()->set_sessions(sessions);
  scenario->mutable_phases()->mutable_load()->set_sessions(sessions);
  return campaign;
}

// The shares that the agents were last asked to drive: index and count, by connection.
class OpenRun : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
    if (prepare.task() == v1::TASK_DRIVE) {
      shares_[connection] = {prepare.share_index(), prepare.share_count()};
    }
    Rehearsal::Prepare(connection, prepare);
  }
  std::map<ConnectionId, std::pair<uint32_t, uint32_t>> shares_;
};

TEST(RunJoinOfAnyNumber, BeginsWhenNobodyHasComeForAWhileAndSaysHowManyThereAre) {
  OpenRun run(AnyNumber(), WithSessions(8));
  run.Join(1);
  run.Pass(8 * kNsPerSecond);
  run.Join(2);
  run.Pass(8 * kNsPerSecond);
  run.Join(3);
  run.Pass(8 * kNsPerSecond);
  EXPECT_TRUE(run.tasks_.empty()) << "another might still come";
  run.Pass(3 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(run.shares_[1], std::pair(0u, 3u));
  EXPECT_EQ(run.shares_[2], std::pair(1u, 3u));
  EXPECT_EQ(run.shares_[3], std::pair(2u, 3u));
  ASSERT_EQ(run.result().conditions_size(), 1);
  EXPECT_EQ(run.result().conditions(0).value(), "3, as many as joined (--expect-agents auto)");
  EXPECT_EQ(run.journal_[0].begun().agents(), 0u);
  EXPECT_EQ(run.journal_[1].begun().agents(), 3u);
}

TEST(RunJoinOfAnyNumber, OneThatLeavesBeforeTheBeginIsNotWaitedFor) {
  OpenRun run(AnyNumber(), WithSessions(8));
  for (ConnectionId connection : {1, 2, 3}) run.Join(connection);
  run.cut_ = {1};
  run.Pass(7 * kNsPerSecond);
  EXPECT_THAT(run.said_, Contains(HasSubstr("agent a1 left before the run began")));
  // The last has its place, and comes back as who it was told that it is.
  v1::AgentMessage back = Rehearsal::Hello("a3");
  back.mutable_hello()->set_run_id("test");
  back.mutable_hello()->set_agent_index(2);
  run.Deliver(9, back);
  EXPECT_EQ(run.goodbyes_.count(9), 0u) << run.goodbyes_[9].reason();
  run.Pass(7 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(run.shares_[2], std::pair(1u, 2u));
  EXPECT_EQ(run.shares_[9], std::pair(0u, 2u));
  ASSERT_EQ(run.result().agents_size(), 2);
  EXPECT_EQ(run.result().agents(0).name(), "a3");
  EXPECT_EQ(run.result().agents(1).name(), "a2");
}

TEST(RunJoinOfAnyNumber, AnIndexBelowAnotherThatIsAskedForIsWaitedFor) {
  OpenRun run(AnyNumber(), WithSessions(8));
  run.Deliver(1, HelloAs("a", 0));
  run.Deliver(2, HelloAs("c", 2));
  run.Pass(40 * kNsPerSecond);
  EXPECT_TRUE(run.tasks_.empty());
  run.Deliver(3, HelloAs("b", 1));
  run.Pass(11 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.shares_[2], std::pair(2u, 3u));

  OpenRun never(AnyNumber(), WithSessions(8));
  never.Deliver(2, HelloAs("c", 2));
  never.Pass(61 * kNsPerSecond);
  ASSERT_TRUE(never.finished_);
  EXPECT_TRUE(never.control_->agents_missing());
  EXPECT_THAT(never.result().verdict().reasons(),
              Contains(HasSubstr("2 of 3 agents did not join within 60 s (--join-timeout); "
                                 "missing: 0, 1")));
}

TEST(RunJoinOfAnyNumber, BeginsAtTheEndOfItsTimeThoughOthersStillCome) {
  RunControlSettings settings = AnyNumber();
  settings.join_timeout_ns = 20 * kNsPerSecond;
  OpenRun run(settings, WithSessions(100));
  for (ConnectionId connection = 1; connection <= 6; ++connection) {
    run.Join(connection);
    run.Pass(4 * kNsPerSecond);
  }
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.shares_[1].second, 5u);
}

TEST(RunJoinOfAnyNumber, NobodyIsTooFewAndSoAreLessThanMayBeLeft) {
  OpenRun nobody(AnyNumber());
  nobody.Pass(61 * kNsPerSecond);
  ASSERT_TRUE(nobody.finished_);
  EXPECT_TRUE(nobody.control_->agents_missing());
  EXPECT_THAT(nobody.result().verdict().reasons(),
              Contains("no agent joined within 60 s (--join-timeout)"));

  RunControlSettings settings = AnyNumber();
  settings.min_agents = 2;
  OpenRun one(settings);
  one.Join(1);
  one.Pass(61 * kNsPerSecond);
  ASSERT_TRUE(one.finished_);
  EXPECT_TRUE(one.control_->agents_missing());
  EXPECT_THAT(one.result().verdict().reasons(), Contains(HasSubstr("fewer than --min-agents 2")));
}

TEST(RunJoinOfAnyNumber, MoreThanTheCampaignsSessionsEndTheRunBeforeAnythingIsTouched) {
  OpenRun run(AnyNumber(), WithSessions(2));
  for (ConnectionId connection : {1, 2, 3}) run.Join(connection);
  run.Pass(11 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  EXPECT_TRUE(run.tasks_.empty());
  EXPECT_THAT(run.result().verdict().reasons(),
              Contains(HasSubstr("2 sessions cannot be shared by 3 agents")));
}

// ------------------------------------------------------------------------- who may not join at all

RunControlSettings WithToken(const JoinToken& token) {
  RunControlSettings settings = SettingsFor(1);
  settings.join_token = token;
  return settings;
}

TEST(RunJoin, NobodyJoinsWithoutTheToken) {
  const JoinToken token = JoinToken::Make(1'000'000'000'000);
  Rehearsal run(WithToken(token));
  run.Join(1);
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[1].reason(), HasSubstr("needs its join token"));
  v1::AgentMessage wrong = Rehearsal::Hello("b");
  wrong.mutable_hello()->set_join_token(JoinToken::Make(1'000'000'000'000).Reveal());
  run.Deliver(2, wrong);
  EXPECT_EQ(run.goodbyes_[2].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[2].reason(), Not(HasSubstr(token.Reveal())));
  v1::AgentMessage right = Rehearsal::Hello("c");
  right.mutable_hello()->set_join_token(token.Reveal());
  run.Deliver(3, right);
  run.Pump();
  EXPECT_TRUE(run.finished_);
}

TEST(RunJoin, KeepsTheTokenNowhere) {
  const JoinToken token = JoinToken::Make(1'000'000'000'000);
  Rehearsal run(WithToken(token));
  v1::AgentMessage hello = Rehearsal::Hello("a");
  hello.mutable_hello()->set_join_token(token.Reveal());
  run.Deliver(1, hello);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_THAT(run.result().SerializeAsString(), Not(HasSubstr(token.Reveal())));
  for (const auto& record : run.journal_) {
    EXPECT_THAT(record.SerializeAsString(), Not(HasSubstr(token.Reveal())));
  }
}

TEST(RunJoin, NobodyJoinsWithATokenThatHasExpired) {
  const JoinToken token = JoinToken::Make(1);
  Rehearsal run(WithToken(token));
  run.now_ += 10 * kNsPerSecond;
  v1::AgentMessage hello = Rehearsal::Hello("a");
  hello.mutable_hello()->set_join_token(token.Reveal());
  run.Deliver(1, hello);
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[1].reason(), HasSubstr("expired"));
}

TEST(RunJoin, NobodyJoinsWhoWasStartedForAnotherRun) {
  Rehearsal run(1);
  v1::AgentMessage hello = Rehearsal::Hello("a");
  hello.mutable_hello()->set_run_wanted("another");
  run.Deliver(1, hello);
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[1].reason(), HasSubstr("this is run test"));
  hello.mutable_hello()->set_run_wanted("test");
  run.Deliver(2, hello);
  run.Pump();
  EXPECT_TRUE(run.finished_);
}

TEST(RunJoin, NobodyJoinsOfAnotherBuild) {
  Rehearsal run(1);
  v1::AgentMessage hello = Rehearsal::Hello("a");
  hello.mutable_hello()->mutable_facts()->set_version("0.0.9 (abc)");
  run.Deliver(1, hello);
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 64u);
  EXPECT_THAT(run.goodbyes_[1].reason(), HasSubstr("must be of one build"));
}

// ----------------------------------------------------------------------------------- wall clocks

TEST(RunJoin, WarnsOfWallClocksThatDiffer) {
  Rehearsal run(2);
  const int64_t begun_ns = run.now_;  // at the beginning of Unix time
  for (const ConnectionId connection : {1, 2}) {
    v1::AgentMessage hello = Rehearsal::Hello("a" + std::to_string(connection));
    // What the coordinator's wall clock shows at this moment, by the agent's own clocks.
    hello.mutable_hello()->set_monotonic_ns(run.now_ + Rehearsal::Skew(connection));
    const int64_t ours_ns = run.now_ - begun_ns;
    hello.mutable_hello()->set_wall_unix_ns(ours_ns + (connection == 2 ? -250 : 50) * kNsPerMs);
    run.Deliver(connection, hello);
  }
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_NEAR(run.result().agents(0).wall_clock_offset_ns(), 50 * kNsPerMs, kNsPerMs);
  EXPECT_NEAR(run.result().agents(1).wall_clock_offset_ns(), -250 * kNsPerMs, kNsPerMs);
  EXPECT_THAT(run.said_, Contains(HasSubstr("agent a2: its wall clock is 0.2 s behind")));
  EXPECT_THAT(run.said_, Not(Contains(HasSubstr("agent a1: its wall clock"))));
}

}  // namespace
}  // namespace weir
