// What an agent does when, without a network.
#include "agent/agent_control.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "base/clock.h"

namespace weir {
namespace {

class FakePort final : public AgentPort {
 public:
  void Send(const v1::AgentMessage& message) override { sent.push_back(message); }
  void StartTask(const v1::Prepare& prepare) override { tasks.push_back(prepare.task()); }
  void StartStage(int64_t start_ns) override { stage_start_ns = start_ns; }
  void StopStage() override { stopped = true; }
  void Quit(AgentExit exit, const std::string&) override { quit = exit; }

  std::vector<v1::AgentMessage> sent;
  std::vector<v1::Task> tasks;
  std::optional<int64_t> stage_start_ns;
  bool stopped = false;
  std::optional<AgentExit> quit;
};

class AgentControlTest : public testing::Test {
 protected:
  void Join(int64_t lease_ns) {
    control_.OnConnected(0);
    v1::CoordinatorMessage message;
    message.mutable_welcome()->mutable_lease()->set_ns(lease_ns);
    control_.OnMessage(message, 0);
  }
  void Arm(int64_t start_ns) {
    v1::CoordinatorMessage message;
    message.mutable_prepare()->set_leg(4);
    message.mutable_prepare()->set_task(v1::TASK_DRIVE);
    control_.OnMessage(message, 1);
    v1::Prepared prepared;
    control_.OnTaskDone(prepared);
    message.mutable_arm()->set_start_ns(start_ns);
    control_.OnMessage(message, 2);
  }

  FakePort port_;
  AgentControl control_{v1::Hello(), port_};
};

TEST_F(AgentControlTest, AnswersAPingWithItsOwnClock) {
  Join(kNsPerSecond);
  v1::CoordinatorMessage ping;
  ping.mutable_ping()->set_sequence(9);
  ping.mutable_ping()->set_sent_ns(123);
  control_.OnMessage(ping, 777);
  ASSERT_TRUE(port_.sent.back().has_pong());
  EXPECT_EQ(port_.sent.back().pong().ping_sent_ns(), 123);
  EXPECT_EQ(port_.sent.back().pong().received_ns(), 777);
}

TEST_F(AgentControlTest, StartsAStageWhenArmedAndNumbersItsIntervals) {
  Join(kNsPerSecond);
  Arm(5000);
  EXPECT_EQ(port_.stage_start_ns, 5000);
  control_.OnInterval(v1::Interval());
  control_.OnInterval(v1::Interval());
  EXPECT_EQ(port_.sent.back().interval().sequence(), 2u);
  EXPECT_EQ(port_.sent.back().interval().leg(), 4u);
  control_.OnStageDone(v1::StageDone());
  EXPECT_EQ(port_.sent.back().stage_done().last_sequence(), 2u);
}

TEST_F(AgentControlTest, StopsTheLoadWhenTheLeaseEnds) {
  Join(kNsPerSecond);
  Arm(5000);
  control_.OnTick(kNsPerSecond);
  EXPECT_FALSE(port_.stopped);
  control_.OnTick(2 * kNsPerSecond);
  EXPECT_TRUE(port_.stopped);
  EXPECT_FALSE(port_.quit.has_value());
  control_.OnStageDone(v1::StageDone());
  EXPECT_EQ(port_.quit, AgentExit::kLostCoordinator);
}

TEST_F(AgentControlTest, LeavesWithTheCodeOfTheGoodbye) {
  Join(kNsPerSecond);
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye()->set_exit_code(64);
  control_.OnMessage(goodbye, 1);
  EXPECT_EQ(port_.quit, AgentExit::kRefused);
}

TEST_F(AgentControlTest, NeverExitsWithZeroWhenTerminated) {
  Join(kNsPerSecond);
  control_.OnTerminate();
  EXPECT_EQ(port_.quit, AgentExit::kStopped);
}

TEST_F(AgentControlTest, StopsTheLoadWhenTheConnectionBreaks) {
  Join(kNsPerSecond);
  Arm(5000);
  control_.OnDisconnected();
  EXPECT_TRUE(port_.stopped);
}

}  // namespace
}  // namespace weir
