#include "coordinator/relayed_streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "control/agent_exit.h"

#include "base/clock.h"

namespace weir {
namespace {

using testing::HasSubstr;

constexpr char kToken[] = "a-token-of-22-letters-";

class RelayedStreamsTest : public testing::Test {
 protected:
  struct Sent {
    ConnectionId stream;
    v1::CoordinatorMessage message;
  };

  RelayedStreamsTest()
      : streams_(*JoinToken::Parse(kToken),
                 {.on_bytes =
                      [this](ConnectionId connection, std::string_view message, int64_t) {
                        heard_.push_back({connection, std::string(message)});
                      },
                  .on_bundle =
                      [this](const BundleView& bundle, int64_t) {
                        for (const auto& each : bundle.reports) bundled_.push_back(each.connection);
                      },
                  .on_disconnected = [this](ConnectionId connection,
                                            int64_t) { gone_.push_back(connection); },
                  .say = [](const std::string&) {}},
                 [this](ConnectionId stream, const v1::CoordinatorMessage& message) {
                   sent_.push_back({stream, message});
                 }) {}

  void Say(ConnectionId stream, const v1::AgentMessage& message) {
    streams_.OnBytes(stream, message.SerializeAsString(), 0, 0);
  }
  void Greet(ConnectionId stream, const std::string& token = kToken) {
    v1::AgentMessage hello;
    hello.mutable_relay_hello()->set_protocol(kControlProtocol);
    hello.mutable_relay_hello()->set_name("r");
    hello.mutable_relay_hello()->set_join_token(token);
    Say(stream, hello);
  }
  void Attend(ConnectionId stream) {
    streams_.OnOpened(stream, StreamPeer::kRelay);
    Greet(stream);
  }
  void Relay(ConnectionId stream, uint64_t number, const std::string& message) {
    v1::AgentMessage relayed;
    v1::RelayedItem* item = relayed.mutable_relayed()->add_items();
    item->set_connection(number);
    message == "ended" ? item->set_ended(true) : item->set_message(message);
    Say(stream, relayed);
  }

  std::vector<std::pair<ConnectionId, std::string>> heard_;
  std::vector<ConnectionId> bundled_;
  std::vector<ConnectionId> gone_;
  std::vector<Sent> sent_;
  RelayedStreams streams_;
};

TEST_F(RelayedStreamsTest, PassesWhatAgentsSayThemselvesAsItIs) {
  v1::AgentMessage farewell;
  farewell.mutable_farewell();
  Say(7, farewell);
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0].first, 7u);
  streams_.OnDisconnected(7, 0);
  EXPECT_EQ(gone_, (std::vector<ConnectionId>{7}));
}

TEST_F(RelayedStreamsTest, GivesEachAgentOfEachRelayAConnectionOfItsOwn) {
  Attend(1);
  Attend(2);
  Relay(1, 5, "a");
  Relay(2, 5, "b");
  Relay(1, 5, "c");
  ASSERT_EQ(heard_.size(), 3u);
  EXPECT_NE(heard_[0].first, heard_[1].first);
  EXPECT_EQ(heard_[0].first, heard_[2].first);
}

TEST_F(RelayedStreamsTest, SendsWhatIsForAgentsOfARelayInOneMessageToIt) {
  Attend(1);
  Relay(1, 5, "a");
  Relay(1, 6, "b");
  sent_.clear();
  v1::CoordinatorMessage stop;
  stop.mutable_stop();
  for (const auto& [connection, message] : heard_) streams_.Send(connection, stop);
  EXPECT_TRUE(sent_.empty());
  streams_.Flush(0);
  ASSERT_EQ(sent_.size(), 1u);
  const v1::RelayOrders& orders = sent_[0].message.relay_orders();
  ASSERT_EQ(orders.orders_size(), 2);
  EXPECT_EQ(orders.orders(0).connection(), 5u);
  EXPECT_EQ(orders.orders(1).connection(), 6u);
  EXPECT_EQ(orders.orders(1).message(), stop.SerializeAsString());
}

TEST_F(RelayedStreamsTest, TellsOfEachAgentWhoseStreamHasEndedOrWhoseRelayIsGone) {
  Attend(1);
  for (const uint64_t number : {5, 6, 7}) Relay(1, number, "a");
  Relay(1, 6, "ended");
  EXPECT_EQ(gone_, (std::vector<ConnectionId>{heard_[1].first}));
  streams_.OnDisconnected(1, 0);
  EXPECT_EQ(gone_, (std::vector<ConnectionId>{heard_[1].first, heard_[0].first, heard_[2].first}));
}

TEST_F(RelayedStreamsTest, LooksUpWhoseReportsABundleHolds) {
  Attend(1);
  Relay(1, 5, "a");
  v1::AgentMessage relayed;
  v1::ReportBundle* bundle = relayed.mutable_relayed()->add_items()->mutable_bundle();
  bundle->add_reports()->set_connection(5);
  Say(1, relayed);
  EXPECT_EQ(bundled_, (std::vector<ConnectionId>{heard_[0].first}));
}

TEST_F(RelayedStreamsTest, RefusesAnotherTokenAndAnAgentsCertificateAndHearsNothingOfThem) {
  streams_.OnOpened(1, StreamPeer::kRelay);
  Greet(1, "another-token-of-22-letters");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_THAT(sent_[0].message.goodbye().reason(), HasSubstr("join token is not this run's"));
  Relay(1, 5, "a");
  streams_.OnOpened(2, StreamPeer::kAgent);
  Greet(2);
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_THAT(sent_[1].message.goodbye().reason(), HasSubstr("a relay's certificate"));
  Relay(2, 5, "a");
  EXPECT_TRUE(heard_.empty());
}

TEST_F(RelayedStreamsTest, LetsNoRelaysCertificateSpeakAsAnAgent) {
  streams_.OnOpened(1, StreamPeer::kRelay);
  v1::AgentMessage hello;
  hello.mutable_hello();
  Say(1, hello);
  EXPECT_TRUE(heard_.empty());
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].message.goodbye().exit_code(), static_cast<uint32_t>(AgentExit::kRefused));
}

TEST_F(RelayedStreamsTest, SaysEverySecondThatItIsThereAndGoodbyeAtTheEnd) {
  Attend(1);
  sent_.clear();
  streams_.OnTick(kNsPerSecond / 2);
  EXPECT_TRUE(sent_.empty());
  streams_.OnTick(kNsPerSecond);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(sent_[0].message.has_relay_orders());
  streams_.Goodbye();
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_TRUE(sent_[1].message.has_goodbye());
}

}  // namespace
}  // namespace weir
