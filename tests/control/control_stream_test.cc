// An agent's stream to the coordinator's server over sockets of this machine, with certificates
// that are right and such as are not. What the programs check in their own files is in
// control_security_test.cc: here both ends get by with what they were given.
#include "agent/control_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "control/grpc_security.h"

#include "agent/control_listener.h"
#include "base/clock.h"
#include "coordinator/agent_dialler.h"
#include "coordinator/certificates.h"
#include "coordinator/control_server.h"
#include "tests/support/cuttable_proxy.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr int64_t kDay = 86'400;

int64_t Now() { return WallUnixNs() / kNsPerSecond; }

CertificateSet Mint(int64_t made_s = Now()) {
  auto set = MintCertificates(kDay, made_s);
  EXPECT_TRUE(set.ok()) << set.status();
  return *std::move(set);
}

ControlSecurity With(const CertificateSet& set, const MintedCertificate& own) {
  ControlSecurity security;
  security.tls = {.authority = set.authority, .certificate = own.certificate, .key = own.key};
  return security;
}

// A coordinator that greets whoever says hello, and an agent that says it.
class Pair {
 public:
  struct Greeting {  // how long either makes it
    size_t hello_bytes = 0;
    size_t welcome_bytes = 0;
  };
  Pair(const ControlSecurity& coordinator, const ControlSecurity& agent)
      : Pair(coordinator, agent, Greeting()) {}
  Pair(const ControlSecurity& coordinator, const ControlSecurity& agent, const Greeting& greeting) {
    auto server = StartControlServer(
        {"127.0.0.1", 0}, coordinator, queue_,
        {.on_bytes =
             [this, greeting](ConnectionId connection, std::string_view, int64_t) {
               v1::CoordinatorMessage welcome;
               welcome.mutable_welcome()->set_run_id("run" +
                                                     std::string(greeting.welcome_bytes, 'n'));
               server_->Send(connection, welcome);
             },
         .on_disconnected = [](ConnectionId) {}});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stream_ = MakeControlStream(
        {{"127.0.0.1", static_cast<uint16_t>(server_->port())}}, agent, queue_,
        {.on_connected =
             [this, greeting] {
               v1::AgentMessage hello;
               hello.mutable_hello()->set_run_id(std::string(greeting.hello_bytes, 'n'));
               stream_->Send(hello);
             },
         .on_message = [this](const v1::CoordinatorMessage&, int64_t) { welcomed_ = true; },
         .on_disconnected = [this] { broken_ = true; },
         .on_refused =
             [this](const std::string& why) {
               refused_ = true;
               why_ = why;
             }});
    stream_->Dial();
  }

  // Runs until the agent was welcomed, was refused, or its stream broke.
  void Settle(std::chrono::seconds patience = 10s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!welcomed_ && !refused_ && !broken_ && std::chrono::steady_clock::now() < end) {
      queue_.RunOne(20ms);
    }
  }

  void DialAgain() {
    welcomed_ = false;
    stream_->Dial();
  }

  bool broken() const { return broken_; }
  bool welcomed() const { return welcomed_; }
  bool refused() const { return refused_; }
  const std::string& why() const { return why_; }
  std::string Trouble() const { return stream_->Trouble(); }

 private:
  EventQueue queue_;
  bool welcomed_ = false;
  bool refused_ = false;
  bool broken_ = false;
  std::string why_;
  std::unique_ptr<ControlServer> server_;
  std::unique_ptr<ControlStream> stream_;  // ends before the server
};

// A coordinator that dials an agent that waits, through a proxy, and pings it when told to; the
// agent says hello on each of its streams, and answers.
class DialledPair {
 public:
  explicit DialledPair(int64_t silence_ns) : listener_(Listen()), proxy_(listener_->port()) {
    stream_ = listener_->Await(queue_,
                               {.on_connected =
                                    [this] {
                                      v1::AgentMessage hello;
                                      hello.mutable_hello();
                                      stream_->Send(hello);
                                    },
                                .on_message =
                                    [this](const v1::CoordinatorMessage& message, int64_t) {
                                      v1::AgentMessage reply;
                                      reply.mutable_pong()->set_sequence(message.ping().sequence());
                                      stream_->Send(reply);
                                    },
                                .on_disconnected = [this] { stream_->Dial(); },
                                .on_refused = [](const std::string&) {}});
    stream_->Dial();
    dialler_ = DialAgents(
        {.addresses = {{"127.0.0.1", static_cast<uint16_t>(proxy_.port())}},
         .security = With(set_, set_.coordinator),
         .run_id = "run",
         .silence_ns = silence_ns},
        queue_,
        {.on_bytes = [this](ConnectionId id, std::string_view bytes, int64_t) { Hear(id, bytes); },
         .on_disconnected = [this](ConnectionId id) { gone_.push_back(id); }},
        [](const std::string&) {});
  }

  void Ping() {
    v1::CoordinatorMessage ping;
    ping.mutable_ping()->set_sequence(++pings_);
    dialler_->Send(greeted_.back(), ping);
  }
  bool Until(const std::function<bool()>& holds, std::chrono::seconds patience = 30s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds() && std::chrono::steady_clock::now() < end) queue_.RunOne(20ms);
    return holds();
  }
  bool Answered() {
    return Until([this] { return answered_ == pings_; });
  }
  CuttableProxy& proxy() { return proxy_; }
  const std::vector<ConnectionId>& greeted() const { return greeted_; }
  const std::vector<ConnectionId>& gone() const { return gone_; }

 private:
  std::unique_ptr<ControlListener> Listen() const {
    auto listener = StartControlListener({"127.0.0.1", 0}, With(set_, set_.agent));
    EXPECT_TRUE(listener.ok()) << listener.status();
    return *std::move(listener);
  }
  void Hear(ConnectionId id, std::string_view bytes) {
    v1::AgentMessage message;
    ASSERT_TRUE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    if (message.has_hello()) greeted_.push_back(id);
    answered_ = std::max<uint64_t>(answered_, message.pong().sequence());
  }

  const CertificateSet set_ = Mint();
  EventQueue queue_;
  std::vector<ConnectionId> greeted_;
  std::vector<ConnectionId> gone_;
  uint64_t pings_ = 0;
  uint64_t answered_ = 0;
  std::unique_ptr<ControlListener> listener_;
  CuttableProxy proxy_;
  std::unique_ptr<ControlStream> stream_;  // ends before the listener
  std::unique_ptr<AgentStreams> dialler_;
};

TEST(ControlStream, EndsOfOneSetTalk) {
  const CertificateSet set = Mint();
  Pair pair(With(set, set.coordinator), With(set, set.agent));
  pair.Settle();
  EXPECT_TRUE(pair.welcomed()) << pair.why() << pair.Trouble();
}

TEST(ControlStream, PlainTextTalksOnThisMachine) {
  Pair pair({}, {});
  pair.Settle();
  EXPECT_TRUE(pair.welcomed());
}

TEST(ControlStream, ARelayIsTheCoordinatorOfItsAgents) {
  const CertificateSet set = Mint();
  Pair pair(With(set, set.relay), With(set, set.agent));
  pair.Settle();
  EXPECT_TRUE(pair.welcomed()) << pair.why() << pair.Trouble();
}

// Though its certificate has the coordinator's name as well.
TEST(ControlStream, AnAgentThatWaitsTakesNoRelayForItsCoordinator) {
  const CertificateSet set = Mint();
  const auto listener = StartControlListener({"127.0.0.1", 0}, With(set, set.agent));
  ASSERT_TRUE(listener.ok()) << listener.status();
  EventQueue queue;
  std::string trouble;
  const auto dialler = DialAgents(
      {{{"127.0.0.1", static_cast<uint16_t>((*listener)->port())}}, With(set, set.relay), "run"},
      queue,
      {.on_bytes = [](ConnectionId, std::string_view, int64_t) {},
       .on_disconnected = [](ConnectionId) {}},
      [&trouble](const std::string& line) { trouble = line; });
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (trouble.empty() && std::chrono::steady_clock::now() < end) queue.RunOne(20ms);
  EXPECT_THAT(trouble, HasSubstr("takes nobody but weir-coordinator"));
}

TEST(ControlStream, WhoTakesAgentsAloneTakesNoRelay) {
  const CertificateSet set = Mint();
  Pair pair(With(set, set.relay), With(set, set.relay));
  pair.Settle();
  EXPECT_FALSE(pair.welcomed());
  EXPECT_THAT(pair.why(), HasSubstr("takes nobody but weir-agent"));
}

TEST(ControlStream, ASilentStreamIsGivenUpForAnotherAndNothingIsHeardOfIt) {
  Pair pair({}, {});
  pair.Settle();
  pair.DialAgain();
  pair.Settle();
  EXPECT_TRUE(pair.welcomed());
  EXPECT_FALSE(pair.broken());
}

TEST(ControlStream, ADialledStreamOnWhichNothingComesBackIsGivenUpForAnother) {
  DialledPair pair(/*silence_ns=*/2 * kNsPerSecond);
  ASSERT_TRUE(pair.Until([&] { return pair.greeted().size() == 1; }));
  pair.Ping();
  ASSERT_TRUE(pair.Answered());
  pair.proxy().Forget();
  pair.Ping();
  ASSERT_TRUE(pair.Until([&] { return pair.greeted().size() == 2; })) << "it is dialled anew";
  EXPECT_EQ(pair.gone(), std::vector{pair.greeted()[0]});
  EXPECT_NE(pair.greeted()[1], pair.greeted()[0]);
  EXPECT_GE(pair.proxy().connections(), 2);
  pair.Ping();
  EXPECT_TRUE(pair.Answered()) << "and what is said there arrives";
}

TEST(ControlStream, ADialledStreamOnWhichNothingWasAskedMayBeSilent) {
  DialledPair pair(/*silence_ns=*/2 * kNsPerSecond);
  ASSERT_TRUE(pair.Until([&] { return pair.greeted().size() == 1; }));
  pair.Ping();
  ASSERT_TRUE(pair.Answered());
  EXPECT_FALSE(pair.Until([&] { return !pair.gone().empty(); }, 4s));
  pair.Ping();
  EXPECT_TRUE(pair.Answered());
  EXPECT_EQ(pair.greeted().size(), 1u);
}

TEST(ControlStream, TheServerLetsNobodyInWithoutACertificate) {
  const CertificateSet set = Mint();
  ControlSecurity none;
  none.tls = {.authority = set.authority, .certificate = "", .key = ""};
  Pair pair(With(set, set.coordinator), none);
  pair.Settle(3s);
  EXPECT_FALSE(pair.welcomed());
}

TEST(ControlStream, TheServerLetsNobodyInWhoTalksPlainText) {
  const CertificateSet set = Mint();
  Pair pair(With(set, set.coordinator), {});
  pair.Settle(3s);
  EXPECT_FALSE(pair.welcomed());
}

TEST(ControlStream, TheServerLetsNobodyInWithACertificateOfAnotherAuthority) {
  const CertificateSet set = Mint();
  const CertificateSet foreign = Mint();
  ControlSecurity agent = With(foreign, foreign.agent);
  agent.tls->authority = set.authority;  // it believes the server
  Pair pair(With(set, set.coordinator), agent);
  pair.Settle(3s);
  EXPECT_FALSE(pair.welcomed());
}

TEST(ControlStream, TheServerLetsNobodyInWithACertificateThatHasExpired) {
  const CertificateSet set = Mint();
  // Of the same authority in name; of an older one in truth, which the server believes.
  const CertificateSet old = Mint(Now() - 2 * kDay);
  ControlSecurity coordinator = With(set, set.coordinator);
  coordinator.tls->authority += old.authority;
  ControlSecurity agent = With(old, old.agent);
  agent.tls->authority = set.authority;
  Pair pair(coordinator, agent);
  pair.Settle(3s);
  EXPECT_FALSE(pair.welcomed());
}

TEST(ControlStream, TheServerLetsNobodyInButAgents) {
  const CertificateSet set = Mint();
  Pair pair(With(set, set.coordinator), With(set, set.coordinator));
  pair.Settle();
  EXPECT_FALSE(pair.welcomed());
  EXPECT_TRUE(pair.refused());
  EXPECT_THAT(pair.why(), HasSubstr("takes nobody but weir-agent"));
}

TEST(ControlStream, TheAgentTalksToNoCoordinatorWithAnAgentsCertificate) {
  const CertificateSet set = Mint();
  Pair pair(With(set, set.agent), With(set, set.agent));
  pair.Settle();
  EXPECT_FALSE(pair.welcomed());
  EXPECT_TRUE(pair.refused()) << pair.Trouble();
  EXPECT_THAT(pair.why(), HasSubstr("not that of its role"));
}

TEST(ControlStream, TheAgentTalksToNoCoordinatorOfAnotherAuthority) {
  const CertificateSet set = Mint();
  const CertificateSet foreign = Mint();
  Pair pair(With(foreign, foreign.coordinator), With(set, set.agent));
  pair.Settle();
  EXPECT_FALSE(pair.welcomed());
  EXPECT_TRUE(pair.refused()) << pair.Trouble();
  EXPECT_THAT(pair.why(), HasSubstr("not of our ca.crt"));
}

TEST(ControlStream, TheAgentTalksToNoCoordinatorWhoseCertificateHasExpired) {
  const CertificateSet old = Mint(Now() - 2 * kDay);
  Pair pair(With(old, old.coordinator), With(old, old.agent));
  pair.Settle();
  EXPECT_FALSE(pair.welcomed());
  EXPECT_TRUE(pair.refused()) << pair.Trouble();
}

TEST(ControlStream, TheServerTakesNoMessageLargerThanAnAgentsCanBe) {
  Pair within({}, {}, {.hello_bytes = kLargestOfAnAgent - 100});
  within.Settle();
  EXPECT_TRUE(within.welcomed());
  Pair beyond({}, {}, {.hello_bytes = kLargestOfAnAgent + 1});
  beyond.Settle();
  EXPECT_FALSE(beyond.welcomed());
  EXPECT_TRUE(beyond.broken());
}

TEST(ControlStream, TheAgentTakesNoMessageLargerThanACoordinatorsCanBe) {
  Pair within({}, {}, {.welcome_bytes = kLargestOfACoordinator - 100});
  within.Settle();
  EXPECT_TRUE(within.welcomed());
  Pair beyond({}, {}, {.welcome_bytes = kLargestOfACoordinator + 1});
  beyond.Settle();
  EXPECT_FALSE(beyond.welcomed());
  EXPECT_TRUE(beyond.broken());
}

TEST(ControlStream, TheAgentSaysWhenTheCoordinatorTalksPlainText) {
  const CertificateSet set = Mint();
  Pair pair({}, With(set, set.agent));
  pair.Settle();
  EXPECT_FALSE(pair.welcomed());
  EXPECT_TRUE(pair.refused()) << pair.Trouble();
  EXPECT_THAT(pair.why(), HasSubstr("talks plain text"));
}

}  // namespace
}  // namespace weir
