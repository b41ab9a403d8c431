// What an agent does when, without a network.
#include "agent/agent_control.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "control/spool_reader.h"

#include "base/clock.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

class FakePort final : public AgentPort {
 public:
  void Send(const v1::AgentMessage& message) override { sent.push_back(message); }
  void Redial() override { ++redials; }
  void StartTask(const v1::Prepare& prepare) override { tasks.push_back(prepare.task()); }
  void StartStage(int64_t start_ns) override { stage_start_ns = start_ns; }
  void ExtendLease(int64_t until_ns) override { lease_end_ns = until_ns; }
  void StopStage() override { ++stops; }
  void ChangeThroughput(const v1::ChangeThroughput& change) override {
    throughputs.push_back(change.ru());
  }
  void Quit(AgentExit exit, const std::string&) override { quit = exit; }

  std::vector<v1::AgentMessage> sent;
  std::vector<v1::Task> tasks;
  std::optional<int64_t> stage_start_ns;
  int64_t lease_end_ns = 0;
  int redials = 0;
  std::vector<uint64_t> throughputs;
  int stops = 0;
  std::optional<AgentExit> quit;
};

// The lease is one second; everything happens at times that the test names, in milliseconds.
class AgentControlTest : public testing::Test {
 protected:
  AgentControlTest() {
    control_.OnConnected(Ms(0));
    v1::CoordinatorMessage message;
    message.mutable_welcome()->set_run_id("run");
    message.mutable_welcome()->set_agent_index(3);
    message.mutable_welcome()->mutable_lease()->set_ns(kNsPerSecond);
    Hear(message, 0);
  }

  static int64_t Ms(int64_t ms) { return 1000 * kNsPerSecond + ms * kNsPerMs; }
  void Hear(const v1::CoordinatorMessage& message, int64_t ms) {
    control_.OnMessage(message, Ms(ms));
  }
  void Tick(int64_t ms) { control_.OnTick(Ms(ms)); }

  // A ping that has seen a pong of ours from `granted_ms`.
  void Ping(int64_t ms, int64_t granted_ms) {
    v1::CoordinatorMessage message;
    message.mutable_ping()->set_sequence(9);
    message.mutable_ping()->set_sent_ns(123);
    message.mutable_ping()->set_granted_from_ns(Ms(granted_ms));
    Hear(message, ms);
  }
  void Prepare(int64_t ms, uint32_t step = 4) {
    v1::CoordinatorMessage message;
    message.mutable_prepare()->set_leg(2);
    message.mutable_prepare()->set_step(step);
    message.mutable_prepare()->set_task(v1::TASK_DRIVE);
    Hear(message, ms);
  }
  void PrepareAndAnswer(int64_t ms, uint32_t step = 4) {
    Prepare(ms, step);
    control_.OnTaskDone(v1::Prepared());
  }
  void Arm(int64_t ms, int64_t start_ms, uint32_t attempt = 1, uint32_t step = 4) {
    v1::CoordinatorMessage message;
    message.mutable_arm()->set_step(step);
    message.mutable_arm()->set_attempt(attempt);
    message.mutable_arm()->set_start_ns(Ms(start_ms));
    Hear(message, ms);
  }
  void Go(int64_t ms, uint32_t attempt = 1, uint32_t step = 4) {
    v1::CoordinatorMessage message;
    message.mutable_go()->set_step(step);
    message.mutable_go()->set_attempt(attempt);
    Hear(message, ms);
  }
  void Disarm(int64_t ms, uint32_t attempt) {
    v1::CoordinatorMessage message;
    message.mutable_disarm()->set_step(4);
    message.mutable_disarm()->set_attempt(attempt);
    Hear(message, ms);
  }
  void Acknowledge(int64_t ms, uint64_t sequence, bool done = false) {
    v1::CoordinatorMessage message;
    message.mutable_acknowledge()->set_step(4);
    message.mutable_acknowledge()->set_sequence(sequence);
    message.mutable_acknowledge()->set_stage_done(done);
    Hear(message, ms);
  }
  void Stop(int64_t ms) {
    v1::CoordinatorMessage message;
    message.mutable_stop();
    Hear(message, ms);
  }
  // A stage that runs from 100 ms on, with a lease to 1000 ms.
  void RunStage() {
    PrepareAndAnswer(0);
    Ping(0, 0);
    Arm(10, 100);
    Go(20);
    port_.sent.clear();
  }
  // Keeps coordinator and lease alive.
  void LiveTo(int64_t ms) {
    Ping(ms, ms);
    Tick(ms);
  }

  std::vector<uint64_t> SequencesSent() const {
    std::vector<uint64_t> sequences;
    for (const v1::AgentMessage& message : port_.sent) {
      if (message.has_interval()) sequences.push_back(message.interval().sequence());
    }
    return sequences;
  }
  int Sent(v1::AgentMessage::BodyCase body) const {
    int count = 0;
    for (const v1::AgentMessage& message : port_.sent) count += message.body_case() == body;
    return count;
  }
  const v1::AgentMessage& Last() const { return port_.sent.back(); }

  FakePort port_;
  MemoryDisk disk_;
  Spool spool_{disk_, "spool", /*capacity=*/4096};
  AgentControl control_{v1::Hello(), port_, spool_};
};

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

// ----------------------------------------------------------------------------------- reports

TEST_F(AgentControlTest, NumbersItsIntervalsAndSaysHowManyThereWere) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnInterval(v1::Interval());
  EXPECT_EQ(Last().interval().sequence(), 2u);
  EXPECT_EQ(Last().interval().leg(), 2u);
  EXPECT_EQ(Last().interval().step(), 4u);
  control_.OnStageDone(v1::StageDone());
  EXPECT_EQ(Last().stage_done().last_sequence(), 2u);
  EXPECT_EQ(Last().stage_done().step(), 4u);
}

TEST_F(AgentControlTest, SendsAgainWhatIsNotAcknowledgedForASecondAFewAtATime) {
  RunStage();
  for (int i = 0; i < 6; ++i) control_.OnInterval(v1::Interval());
  port_.sent.clear();
  LiveTo(500);
  LiveTo(900);
  EXPECT_TRUE(SequencesSent().empty());
  LiveTo(1100);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{1, 2, 3, 4}));
  Acknowledge(1200, 4);
  port_.sent.clear();
  control_.OnInterval(v1::Interval());
  LiveTo(1500);
  LiveTo(2300);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{7, 5, 6, 7}));
}

TEST_F(AgentControlTest, HasFourReportsUnderWayAndTheRestOnDiskHoweverLongTheCoordinatorIsSlow) {
  RunStage();
  for (int i = 0; i < 60; ++i) control_.OnInterval(v1::Interval());
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(port_.stops, 0) << "the load goes on";
  EXPECT_EQ(spool_.last(), 60u);
}

TEST_F(AgentControlTest, HandsOverEveryReportOnceAndInOrderWhenASlowCoordinatorComesBack) {
  RunStage();
  std::vector<uint64_t> all;
  for (uint64_t i = 1; i <= 60; ++i) {
    control_.OnInterval(v1::Interval());
    all.push_back(i);
  }
  for (uint64_t kept = 1; kept <= 60; ++kept) {
    Acknowledge(200, kept);
    EXPECT_LE(SequencesSent().size(), kept + 4) << "never more than four under way";
  }
  EXPECT_EQ(SequencesSent(), all);
  EXPECT_TRUE(spool_.empty());
}

TEST_F(AgentControlTest, SendsReportsThatTheCoordinatorMisses) {
  RunStage();
  for (int i = 0; i < 5; ++i) control_.OnInterval(v1::Interval());
  port_.sent.clear();
  v1::CoordinatorMessage resend;
  resend.mutable_resend()->set_step(4);
  resend.mutable_resend()->set_first(2);
  resend.mutable_resend()->set_last(3);
  Hear(resend, 200);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{2, 3}));
}

TEST_F(AgentControlTest, RepeatsItsEndUntilThatIsAcknowledged) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnStageDone(v1::StageDone());
  LiveTo(900);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 1);
  LiveTo(1800);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 2);
  Acknowledge(1900, 1);  // the report, not the end
  LiveTo(2700);
  LiveTo(3500);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 3);
  Acknowledge(3600, 1, /*done=*/true);
  LiveTo(4500);
  LiveTo(5400);
  EXPECT_EQ(Sent(v1::AgentMessage::kStageDone), 3);
  EXPECT_TRUE(spool_.empty()) << "no report waits";
}

TEST_F(AgentControlTest, LeavesTheEndOfItsStageOnDiskUntilTheRunGoesOnOrIsOver) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnStageDone(v1::StageDone());
  Acknowledge(300, 1, /*done=*/true);
  EXPECT_EQ(disk_.files(), 1u) << "a coordinator that dies now has not recorded the stage yet";
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye();
  Hear(goodbye, 400);
  EXPECT_EQ(disk_.files(), 0u);
}

TEST_F(AgentControlTest, LeavesWhatTellsWhoseReportsItHasWhenTheCoordinatorIsGone) {
  RunStage();
  control_.OnInterval(v1::Interval());
  control_.OnTick(Ms(30'000));
  control_.OnStageDone(v1::StageDone());
  ASSERT_TRUE(port_.quit);
  EXPECT_EQ(*port_.quit, AgentExit::kLostCoordinator);
  std::vector<v1::SpoolRecord> records;
  const std::string bytes = disk_.Bytes("spool.1");
  MemoryDisk copy;
  ASSERT_TRUE((*copy.Open("copy"))->Append(bytes).ok());
  const auto file = ReadSpoolFile(*copy.Open("copy"),
                                  [&](v1::SpoolRecord& record) { records.push_back(record); });
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->head.run_id(), control_.welcome().run_id());
  EXPECT_EQ(file->head.step(), 4u);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].report().sequence(), 1u);
  EXPECT_EQ(records[1].end().last_sequence(), 1u);
}

TEST_F(AgentControlTest, StopsAndSaysSoWhenItsReportsCannotBeKept) {
  RunStage();
  v1::Interval large;
  large.add_processes()->set_name(std::string(3000, 'x'));
  control_.OnInterval(large);
  EXPECT_EQ(port_.stops, 0);
  control_.OnInterval(large);
  EXPECT_EQ(port_.stops, 1);
  EXPECT_EQ(SequencesSent(), (std::vector<uint64_t>{1, 2})) << "sent all the same";
  control_.OnStageDone(v1::StageDone());
  EXPECT_NE(Last().stage_done().error().find("the spool is full"), std::string::npos);
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
