#include "coordinator/relay/relay_control.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace weir {
namespace {

v1::AgentMessage Report(uint64_t sequence, uint32_t second, const std::vector<uint64_t>& values,
                        uint32_t step = 1) {
  Tally tally;
  for (const uint64_t value : values) tally.response.Record(value);
  tally.counts().set_planned(values.size());
  tally.counts().set_ok(values.size());
  v1::AgentMessage message;
  v1::IntervalReport* report = message.mutable_interval();
  report->set_step(step);
  report->set_sequence(sequence);
  report->mutable_interval()->set_second(second);
  v1::OperationInterval* part = report->mutable_interval()->add_operations();
  part->set_phase(v1::PHASE_MEASURE);
  *part->mutable_tally() = tally.ToProto();
  report->mutable_interval()->add_resources()->set_cores(2);
  return message;
}

v1::AgentMessage Hello(const std::string& run_id = "") {
  v1::AgentMessage message;
  message.mutable_hello()->set_run_id(run_id);
  return message;
}

class RelayControlTest : public testing::Test, public RelayPort {
 protected:
  RelayControlTest() : relay_({"r", *JoinToken::Parse("a-token-of-22-letters-"), 0}, *this, 0) {}

  // The coordinator takes it.
  void Attend() {
    relay_.OnConnected(now_);
    v1::CoordinatorMessage welcome;
    welcome.mutable_relay_orders();
    relay_.OnMessage(welcome, now_);
    relay_.OnSent();
    up_.clear();
  }
  void From(ConnectionId agent, const v1::AgentMessage& message) {
    relay_.OnAgentBytes(agent, message.SerializeAsString(), now_);
    relay_.OnSent();
  }
  void To(ConnectionId agent, const v1::CoordinatorMessage& message) {
    v1::CoordinatorMessage orders;
    v1::RelayOrder* order = orders.mutable_relay_orders()->add_orders();
    order->set_connection(agent);
    order->set_message(message.SerializeAsString());
    relay_.OnMessage(orders, now_);
  }
  void Acknowledge(ConnectionId agent, uint64_t sequence) {
    v1::CoordinatorMessage message;
    message.mutable_acknowledge()->set_step(1);
    message.mutable_acknowledge()->set_sequence(sequence);
    To(agent, message);
  }
  void Pass(int64_t ns) {
    now_ += ns;
    relay_.OnTick(now_);
    relay_.OnSent();
  }
  // What went up, in short: "1:hello 0:bundle(1,2) 2:ended".
  std::string Up() {
    std::string words;
    for (const v1::RelayedItem& item : up_) {
      if (!words.empty()) words += " ";
      words += std::to_string(item.connection()) + ":";
      if (item.ended()) words += "ended";
      if (item.has_bundle()) {
        words += "bundle(";
        for (const v1::BundledReport& each : item.bundle().reports()) {
          words += std::to_string(each.connection()) + ".";
          words += std::to_string(each.report().sequence()) + " ";
        }
        words.back() = ')';
      }
      v1::AgentMessage message;
      if (!item.has_message() || !message.ParseFromString(item.message())) continue;
      const auto* body = message.GetReflection()->GetOneofFieldDescriptor(
          message, message.GetDescriptor()->oneof_decl(0));
      words += body->name();
    }
    up_.clear();
    return words;
  }

  // RelayPort.
  void SendUp(const v1::AgentMessage& message) override {
    if (message.has_relay_hello()) hello_ = message.relay_hello();
    for (const v1::RelayedItem& item : message.relayed().items()) up_.push_back(item);
  }
  void SendDown(ConnectionId agent, const v1::CoordinatorMessage& message) override {
    down_[agent].push_back(message);
  }
  void EndDown(ConnectionId agent) override { ended_.push_back(agent); }
  void Redial() override { ++redials_; }
  void Say(const std::string&) override {}
  void Quit(AgentExit exit, const std::string&) override { exit_ = exit; }

  int64_t now_ = kNsPerSecond;
  v1::RelayHello hello_;
  std::vector<v1::RelayedItem> up_;
  std::map<ConnectionId, std::vector<v1::CoordinatorMessage>> down_;
  std::vector<ConnectionId> ended_;
  int redials_ = 0;
  std::optional<AgentExit> exit_;
  RelayControl relay_;
};

TEST_F(RelayControlTest, GreetsWithItsTokenAndTakesNobodyBeforeItIsAnswered) {
  relay_.OnConnected(now_);
  EXPECT_EQ(hello_.protocol(), kControlProtocol);
  EXPECT_EQ(hello_.join_token(), "a-token-of-22-letters-");
  From(1, Hello());
  EXPECT_EQ(ended_, (std::vector<ConnectionId>{1}));
  Attend();
  From(2, Hello());
  EXPECT_EQ(Up(), "2:hello");
}

TEST_F(RelayControlTest, MakesOneBundleOfTheReportsOfASecond) {
  Attend();
  From(1, Hello());
  From(2, Hello());
  Up();
  From(1, Report(1, 0, {5, 7}));
  EXPECT_EQ(Up(), "") << "it waits for the other";
  From(2, Report(1, 0, {5, 1000}));
  ASSERT_EQ(up_.size(), 1u);
  const v1::ReportBundle bundle = up_[0].bundle();
  EXPECT_EQ(Up(), "0:bundle(1.1 2.1)");
  Tally all;
  for (const uint64_t value : {5, 7, 5, 1000}) all.response.Record(value);
  ASSERT_EQ(bundle.histograms_size(), 1);
  EXPECT_EQ(bundle.histograms(0).tally().SerializeAsString(), all.ToProto().SerializeAsString());
  v1::IntervalReport counts = Report(1, 0, {5, 7}).interval();
  counts.mutable_interval()->mutable_operations(0)->mutable_tally()->clear_response();
  EXPECT_EQ(bundle.reports(0).report().SerializeAsString(), counts.SerializeAsString());
}

TEST_F(RelayControlTest, WaitsNoLongerThanTwoHundredMillisecondsForTheOthers) {
  Attend();
  From(1, Hello());
  From(2, Hello());
  Up();
  From(1, Report(1, 0, {5}));
  Pass(ReportBundler::kLongestWaitNs - 1);
  EXPECT_EQ(Up(), "");
  Pass(1);
  EXPECT_EQ(Up(), "0:bundle(1.1)");
}

TEST_F(RelayControlTest, LetsNothingOvertakeAReportThatWaitsButThePong) {
  Attend();
  From(1, Hello());
  From(2, Hello());
  Up();
  From(1, Report(1, 0, {5}));
  v1::AgentMessage done;
  done.mutable_stage_done();
  From(1, done);
  v1::AgentMessage pong;
  pong.mutable_pong();
  From(1, pong);
  relay_.OnAgentGone(1, now_);
  EXPECT_EQ(Up(), "1:pong");
  Pass(ReportBundler::kLongestWaitNs);
  EXPECT_EQ(Up(), "0:bundle(1.1) 1:stage_done 1:ended");
}

TEST_F(RelayControlTest, SendsAReportAsItCameThatDoesNotFollowTheOneBefore) {
  Attend();
  From(1, Hello());
  Up();
  From(1, Report(1, 0, {5}));
  EXPECT_EQ(Up(), "0:bundle(1.1)");
  From(1, Report(1, 0, {5}));
  EXPECT_EQ(Up(), "1:interval") << "again";
  From(1, Report(2, 1, {5}));
  EXPECT_EQ(Up(), "1:interval") << "nothing has been acknowledged since";
  Acknowledge(1, 1);
  From(1, Report(3, 2, {5}));
  EXPECT_EQ(Up(), "0:bundle(1.3)");
  From(1, Report(5, 4, {5}));
  EXPECT_EQ(Up(), "1:interval") << "after a gap";
}

TEST_F(RelayControlTest, SendsReportsOfAStreamThatWasResumedAsTheyCameUntilOneIsAcknowledged) {
  Attend();
  From(1, Hello("run"));
  Up();
  From(1, Report(4, 3, {5}));
  EXPECT_EQ(Up(), "1:interval");
  Acknowledge(1, 3);
  From(1, Report(5, 4, {5}));
  EXPECT_EQ(Up(), "1:interval") << "that was of an earlier stream";
  Acknowledge(1, 4);
  From(1, Report(6, 5, {5}));
  EXPECT_EQ(Up(), "0:bundle(1.6)");
}

TEST_F(RelayControlTest, SendsAReportAsItCameWhoseHistogramsAreDamaged) {
  Attend();
  From(1, Hello());
  Up();
  v1::AgentMessage damaged = Report(1, 0, {5});
  damaged.mutable_interval()
      ->mutable_interval()
      ->mutable_operations(0)
      ->mutable_tally()
      ->set_service("no histogram");
  From(1, damaged);
  EXPECT_EQ(Up(), "1:interval");
}

TEST_F(RelayControlTest, PutsWhatWaitsForTheWireInOneMessage) {
  Attend();
  const std::string hello = Hello().SerializeAsString();
  for (const ConnectionId agent : {1, 2, 3}) relay_.OnAgentBytes(agent, hello, now_);
  EXPECT_EQ(Up(), "1:hello");
  relay_.OnSent();
  EXPECT_EQ(Up(), "2:hello 3:hello");
}

TEST_F(RelayControlTest, EndsItsAgentsStreamsWhereItsOwnBreaksAndDialsAgain) {
  Attend();
  From(1, Hello());
  From(2, Hello());
  relay_.OnDisconnected(now_);
  EXPECT_EQ(ended_, (std::vector<ConnectionId>{1, 2}));
  EXPECT_EQ(redials_, 1);
  Attend();
  relay_.OnAgentGone(1, now_);
  EXPECT_EQ(Up(), "") << "the coordinator knows nothing of it on this stream";
  EXPECT_FALSE(exit_);
}

TEST_F(RelayControlTest, EndsWithItsAgentsWhenTheRunIsOver) {
  Attend();
  From(1, Hello());
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye();
  relay_.OnMessage(goodbye, now_);
  Pass(kNsPerSecond);
  EXPECT_FALSE(exit_) << "an agent is still here";
  relay_.OnAgentGone(1, now_);
  Pass(1);
  EXPECT_EQ(exit_, AgentExit::kFinished);
}

TEST_F(RelayControlTest, EndsWhereItIsRefusedOrTheCoordinatorIsGone) {
  Attend();
  Pass(6 * kNsPerSecond);
  EXPECT_EQ(redials_, 1) << "not a word within the lease";
  Pass(6 * kNsPerSecond);
  EXPECT_EQ(exit_, AgentExit::kLostCoordinator);
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye()->set_exit_code(static_cast<uint32_t>(AgentExit::kRefused));
  relay_.OnMessage(goodbye, now_);
  EXPECT_EQ(exit_, AgentExit::kRefused);
}

TEST_F(RelayControlTest, TakesNoOtherRelay) {
  Attend();
  v1::AgentMessage hello;
  hello.mutable_relay_hello();
  From(1, hello);
  EXPECT_EQ(Up(), "");
  ASSERT_EQ(down_[1].size(), 1u);
  EXPECT_EQ(down_[1][0].goodbye().exit_code(), static_cast<uint32_t>(AgentExit::kRefused));
}

}  // namespace
}  // namespace weir
