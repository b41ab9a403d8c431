// What an agent does when, without a network.
#include "agent/agent_control.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/agent/agent_control_fixture.h"

namespace weir {
namespace {

TEST_F(AgentControlTest, AnswersAPingWithItsOwnClock) {
  Ping(777, 0);
  ASSERT_TRUE(Last().has_pong());
  EXPECT_EQ(Last().pong().ping_sent_ns(), 123);
  EXPECT_EQ(Last().pong().received_ns(), Ms(777));
}

// ----------------------------------------------------------------------------------- the start

TEST_F(AgentControlTest, StartsAStageWhenArmedAndGone) {
  PrepareAndAnswer(0);
  Ping(0, 0);
  Arm(10, 100);
  ASSERT_TRUE(Last().has_armed());
  EXPECT_FALSE(port_.stage_start_ns.has_value()) << "nobody starts without Go";
  Go(20);
  EXPECT_EQ(port_.stage_start_ns, Ms(100));
  EXPECT_EQ(port_.lease_end_ns, Ms(1000));
}

TEST_F(AgentControlTest, DoesNotJoinWhenGoComesAfterTheStart) {
  PrepareAndAnswer(0);
  Arm(10, 100);
  Go(100);
  EXPECT_FALSE(port_.stage_start_ns.has_value());
  EXPECT_TRUE(Last().stage_done().missed_start());
}

TEST_F(AgentControlTest, SaysThatItMissedTheStartWhenGoNeverComes) {
  PrepareAndAnswer(0);
  Arm(10, 100);
  Tick(99);
  EXPECT_TRUE(Last().has_armed());
  Tick(100);
  EXPECT_TRUE(Last().stage_done().missed_start());
  Go(101);
  EXPECT_FALSE(port_.stage_start_ns.has_value());
}

TEST_F(AgentControlTest, AnswersALaterAttemptAndForgetsTheOneBefore) {
  PrepareAndAnswer(0);
  Arm(10, 100, 1);
  Disarm(50, 1);
  Tick(150);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 0);
  Arm(160, 300, 2);
  EXPECT_EQ(Last().armed().attempt(), 2u);
  Go(170, 1);  // of the start that was called off
  EXPECT_FALSE(port_.stage_start_ns.has_value());
  Go(180, 2);
  EXPECT_EQ(port_.stage_start_ns, Ms(300));
}

TEST_F(AgentControlTest, IgnoresAnArmThatWasCalledOffBeforeItArrived) {
  PrepareAndAnswer(0);
  port_.sent.clear();
  Disarm(10, 1);
  Arm(20, 100, 1);
  EXPECT_TRUE(port_.sent.empty());
}

TEST_F(AgentControlTest, IsArmedAgainAfterItMissedAStartThatWasCalledOff) {
  PrepareAndAnswer(0);
  Arm(10, 100, 1);
  Tick(110);  // Disarm was lost
  EXPECT_TRUE(Last().stage_done().missed_start());
  Arm(120, 300, 2);
  EXPECT_EQ(Last().armed().attempt(), 2u);
  Go(130, 2);
  EXPECT_EQ(port_.stage_start_ns, Ms(300));
}

TEST_F(AgentControlTest, DoesNothingTwice) {
  Prepare(0);
  Prepare(10);
  EXPECT_EQ(port_.tasks.size(), 1u);
  control_.OnTaskDone(v1::Prepared());
  Prepare(20);
  EXPECT_EQ(port_.tasks.size(), 1u);
  EXPECT_EQ(Sent(v1::AgentMessage::kPrepared), 2) << "the same answer, given again";
  Arm(30, 100);
  Arm(40, 100);
  EXPECT_EQ(Sent(v1::AgentMessage::kArmed), 2);
  Go(50);
  port_.stage_start_ns.reset();
  Go(60);
  Arm(70, 500, 2);
  EXPECT_FALSE(port_.stage_start_ns.has_value());
  Prepare(80, /*step=*/3);  // long ago
  EXPECT_EQ(port_.tasks.size(), 1u);
}

// ----------------------------------------------------------------------------------- the lease

TEST_F(AgentControlTest, CountsItsLeaseFromThePongThatTheCoordinatorHasSeen) {
  RunStage();
  Ping(900, 300);  // was long under way
  EXPECT_EQ(port_.lease_end_ns, Ms(1300));
  Ping(950, 200);  // overtaken
  EXPECT_EQ(port_.lease_end_ns, Ms(1300));
  Ping(960, 940);
  EXPECT_EQ(port_.lease_end_ns, Ms(1940));
}

TEST_F(AgentControlTest, StopsTheLoadWhenTheLeaseEndsThoughWordsKeepComing) {
  RunStage();
  Ping(900, 100);
  Tick(1099);
  EXPECT_EQ(port_.stops, 0);
  Tick(1100);
  EXPECT_EQ(port_.stops, 1);
  control_.OnStageDone(v1::StageDone());
  EXPECT_NE(Last().stage_done().error().find("lease"), std::string::npos);
  EXPECT_FALSE(port_.quit.has_value());
}

TEST_F(AgentControlTest, LeavesWhenNothingIsHeardForTheLease) {
  RunStage();
  Tick(1010);
  Tick(1030);
  EXPECT_EQ(port_.stops, 2);
  EXPECT_FALSE(port_.quit.has_value()) << "the stage's end comes first";
  control_.OnStageDone(v1::StageDone());
  EXPECT_EQ(port_.quit, AgentExit::kLostCoordinator);
}

TEST_F(AgentControlTest, DialsAgainWhenNothingIsHeardForAThirdOfTheLease) {
  RunStage();
  Ping(200, 200);
  Tick(500);
  EXPECT_EQ(port_.redials, 0);
  Tick(510);
  EXPECT_EQ(port_.redials, 1);
  Tick(600);
  control_.OnDisconnected();
  EXPECT_EQ(port_.redials, 1) << "it is being dialled";
  control_.OnConnected(Ms(650));
  Tick(900);
  EXPECT_EQ(port_.redials, 1);
  Tick(960);
  EXPECT_EQ(port_.redials, 2) << "the new stream is as silent";
  EXPECT_EQ(port_.stops, 0) << "the load goes on within the lease";
}

TEST_F(AgentControlTest, DialsAgainWhenPingsComeButSayThatItIsNotHeard) {
  RunStage();
  for (int64_t ms = 100; ms <= 250; ms += 50) Ping(ms, 20);
  Tick(300);
  EXPECT_EQ(port_.redials, 0);
  Ping(320, 20);
  Tick(330);
  EXPECT_EQ(port_.redials, 1);
}

TEST_F(AgentControlTest, IsNotKeptFromStoppingByAClockThatJumpsBack) {
  RunStage();
  Ping(500, 500);
  EXPECT_EQ(port_.lease_end_ns, Ms(1500));
  Tick(-3'600'000);
  EXPECT_EQ(port_.lease_end_ns, Ms(-3'600'000 + 1000));
  Tick(-3'600'000 + 1001);
  EXPECT_EQ(port_.stops, 1);
}

// ------------------------------------------------------------------------------- coming back

TEST_F(AgentControlTest, ChangesTheThroughputOnceAndRepeatsTheAnswer) {
  v1::CoordinatorMessage order;
  order.mutable_change_throughput()->set_step(4);
  order.mutable_change_throughput()->set_change(1);
  order.mutable_change_throughput()->set_ru(2000);
  Hear(order, 5);
  EXPECT_TRUE(port_.throughputs.empty());  // nothing is driven
  RunStage();
  Hear(order, 120);
  Hear(order, 140);  // repeated, and nothing is known yet
  EXPECT_EQ(port_.throughputs, std::vector<uint64_t>{2000});
  v1::ThroughputChanged changed;
  changed.set_step(4);
  changed.set_change(1);
  changed.set_ru(2000);
  control_.OnThroughputChanged(changed);
  Hear(order, 160);
  EXPECT_EQ(port_.throughputs.size(), 1u);
  EXPECT_EQ(std::count_if(port_.sent.begin(), port_.sent.end(),
                          [](const v1::AgentMessage& m) { return m.has_throughput_changed(); }),
            2);
}

TEST_F(AgentControlTest, DialsAgainAndHandsOverWhatIsMissing) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnDisconnected();
  EXPECT_EQ(port_.redials, 1);
  EXPECT_EQ(port_.stops, 0) << "the load goes on within the lease";
  port_.sent.clear();
  control_.OnConnected(Ms(500));
  ASSERT_TRUE(Last().has_hello());
  EXPECT_EQ(Last().hello().run_id(), "run");
  EXPECT_EQ(Last().hello().agent_index(), 3u);
  v1::CoordinatorMessage message;
  message.mutable_welcome()->set_run_id("run");
  message.mutable_welcome()->mutable_lease()->set_ns(kNsPerSecond);
  Hear(message, 510);
  EXPECT_EQ(SequencesSent(), std::vector<uint64_t>{1});
}

TEST_F(AgentControlTest, RepeatsHelloUntilItIsWelcome) {
  FakePort port;
  AgentControl control(v1::Hello(), port, spool_);
  control.OnConnected(Ms(0));
  control.OnTick(Ms(500));
  EXPECT_EQ(port.sent.size(), 1u);
  control.OnTick(Ms(1100));
  EXPECT_EQ(port.sent.size(), 2u);
  control.OnTick(Ms(59'000));
  EXPECT_FALSE(port.quit.has_value());
  control.OnTick(Ms(61'000));
  EXPECT_EQ(port.quit, AgentExit::kLostCoordinator);
}

// ------------------------------------------------------------------------------- the ways out

TEST_F(AgentControlTest, AnswersStopWithItsEndWhetherItRunsOrNot) {
  PrepareAndAnswer(0);
  Arm(10, 100);
  Stop(20);
  EXPECT_TRUE(Last().stage_done().missed_start());
  Go(30);
  EXPECT_FALSE(port_.stage_start_ns.has_value());
}

TEST_F(AgentControlTest, StopsOnceAndGivesTheSameEndAgain) {
  RunStage();
  Stop(200);
  Stop(300);
  EXPECT_EQ(port_.stops, 1);
  control_.OnStageDone(v1::StageDone());
  Stop(400);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 2);
}

TEST_F(AgentControlTest, LeavesWithTheCodeOfTheGoodbye) {
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye()->set_exit_code(64);
  Hear(goodbye, 1);
  EXPECT_TRUE(Last().has_farewell());
  EXPECT_EQ(port_.quit, AgentExit::kRefused);
}

TEST_F(AgentControlTest, EndsWithSuccessOnlyWhenItsLastReportIsAcknowledged) {
  RunStage();
  control_.OnStageDone(v1::StageDone());
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye()->set_exit_code(0);
  Hear(goodbye, 200);
  EXPECT_EQ(port_.quit, AgentExit::kFailed);
}

TEST_F(AgentControlTest, NeverExitsWithZeroWhenTerminated) {
  control_.OnTerminate();
  EXPECT_EQ(port_.quit, AgentExit::kStopped);
}

}  // namespace
}  // namespace weir
