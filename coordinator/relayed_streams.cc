#include "coordinator/relayed_streams.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/agent_exit.h"

#include "base/clock.h"
#include "coordinator/agent_checks.h"
#include "measure/wire_reader.h"

namespace weir {
namespace {

// Connections behind relays are numbered from here: a stream of our own has a number far below.
constexpr ConnectionId kBehindRelay = ConnectionId{1} << 63;
constexpr size_t kMostWaitingBytes = 1 << 20;  // in one message to a relay
constexpr size_t kMostAgents = 200'000;        // streams of one relay
constexpr int64_t kSilenceNs = kNsPerSecond;

uint64_t BodyOf(std::string_view message) {
  WireReader reader(message);
  return reader.Next() ? reader.field() : 0;
}

}  // namespace

void RelayedStreams::OnOpened(ConnectionId stream, StreamPeer peer) {
  if (peer != StreamPeer::kAgent) peers_[stream] = peer;
}

void RelayedStreams::OnBytes(ConnectionId stream, std::string_view message, int64_t now_ns,
                             int64_t unix_s) {
  const uint64_t body = BodyOf(message);
  const bool relay = body == v1::AgentMessage::kRelayHelloFieldNumber ||
                     body == v1::AgentMessage::kRelayedFieldNumber;
  if (!relay) {
    const auto peer = peers_.find(stream);
    if (peer != peers_.end() && peer->second == StreamPeer::kRelay) {
      return Refuse(stream, "its certificate is a relay's, and it speaks as an agent");
    }
    return receiver_.on_bytes(stream, message, now_ns);
  }
  v1::AgentMessage parsed;
  if (!parsed.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return Refuse(stream, "it sent what is not a message");
  }
  if (parsed.has_relay_hello()) return OnRelayHello(stream, parsed.relay_hello(), now_ns, unix_s);
  // Of one whose greeting is still under way: the relay greets again until it is answered.
  if (!relays_.contains(stream)) return;
  for (const v1::RelayedItem& item : parsed.relayed().items()) OnItem(stream, item, now_ns);
}

// --------------------------------------------------------------------------------- who relays

void RelayedStreams::OnRelayHello(ConnectionId stream, const v1::RelayHello& hello, int64_t now_ns,
                                  int64_t unix_s) {
  const std::string refused = WhyRefused(stream, hello, unix_s);
  if (!refused.empty()) return Refuse(stream, refused);
  const auto [relay, first] = relays_.try_emplace(stream);
  if (first) {
    relay->second.name = hello.name();
    receiver_.say(absl::StrCat("relay ", hello.name(), " attends"));
  }
  relay->second.sent_ns = now_ns;
  SendWaiting(stream, relay->second);
}

std::string RelayedStreams::WhyRefused(ConnectionId stream, const v1::RelayHello& hello,
                                       int64_t unix_s) const {
  if (hello.protocol() != kControlProtocol) {
    return absl::StrCat("the relay speaks protocol ", hello.protocol(), ", this coordinator ",
                        kControlProtocol);
  }
  if (!peers_.contains(stream))
    return "only who has a relay's certificate may relay: `weir certs` makes one";
  if (!token_.none() && !token_.Matches(hello.join_token())) {
    return hello.join_token().empty()
               ? "this run needs its join token: --join-token-file FILE or WEIR_JOIN_TOKEN"
               : "the join token is not this run's";
  }
  if (token_.ExpiredAt(unix_s)) return "the join token has expired";
  if (!IsName(hello.name())) {
    return "a relay's name is 1 to 64 letters, digits, dots, hyphens or underscores";
  }
  return "";
}

void RelayedStreams::Refuse(ConnectionId stream, const std::string& why) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason(why);
  message.mutable_goodbye()->set_exit_code(static_cast<uint32_t>(AgentExit::kRefused));
  sender_(stream, message);
}

// ---------------------------------------------------------------------------------------- up

void RelayedStreams::OnItem(ConnectionId stream, const v1::RelayedItem& item, int64_t now_ns) {
  if (item.has_bundle()) return OnBundle(stream, item.bundle(), now_ns);
  if (!item.ended()) {
    const ConnectionId connection = ConnectionOf(stream, item.connection());
    if (connection != 0) receiver_.on_bytes(connection, item.message(), now_ns);
    return;
  }
  auto& agents = relays_[stream].agents;
  const auto agent = agents.find(item.connection());
  if (agent == agents.end()) return;
  const ConnectionId connection = agent->second;
  agents.erase(agent);
  places_.erase(connection);
  receiver_.on_disconnected(connection, now_ns);
}

void RelayedStreams::OnBundle(ConnectionId stream, const v1::ReportBundle& bundle, int64_t now_ns) {
  bundle_.step = bundle.step();
  bundle_.reports.resize(static_cast<size_t>(bundle.reports_size()));
  for (int i = 0; i < bundle.reports_size(); ++i) {
    BundleView::Bundled& bundled = bundle_.reports[static_cast<size_t>(i)];
    bundled.connection = ConnectionOf(stream, bundle.reports(i).connection());
    bundled.report.Read(bundle.reports(i).report());
  }
  bundle_.histograms.Read(bundle.second(), bundle.histograms());
  receiver_.on_bundle(bundle_, now_ns);
}

// 0: no more are taken.
ConnectionId RelayedStreams::ConnectionOf(ConnectionId stream, uint64_t number) {
  auto& agents = relays_[stream].agents;
  const auto known = agents.find(number);
  if (known != agents.end()) return known->second;
  if (agents.size() >= kMostAgents) return 0;
  const ConnectionId connection = kBehindRelay | ++last_;
  agents[number] = connection;
  places_[connection] = {stream, number};
  return connection;
}

void RelayedStreams::OnDisconnected(ConnectionId stream, int64_t now_ns) {
  peers_.erase(stream);
  const auto relay = relays_.find(stream);
  if (relay == relays_.end()) return receiver_.on_disconnected(stream, now_ns);
  const Relay gone = std::move(relay->second);
  relays_.erase(relay);
  receiver_.say(absl::StrCat("relay ", gone.name, ": its connection broke"));
  std::map<uint64_t, ConnectionId> in_order(gone.agents.begin(), gone.agents.end());
  for (const auto& [number, connection] : in_order) places_.erase(connection);
  for (const auto& [number, connection] : in_order) receiver_.on_disconnected(connection, now_ns);
}

// -------------------------------------------------------------------------------------- down

void RelayedStreams::Send(ConnectionId connection, const v1::CoordinatorMessage& message) {
  if (connection < kBehindRelay) return sender_(connection, message);
  const auto place = places_.find(connection);
  if (place == places_.end()) return;
  Relay& relay = relays_[place->second.relay];
  v1::RelayOrder* order = relay.waiting.mutable_relay_orders()->add_orders();
  order->set_connection(place->second.number);
  message.SerializeToString(order->mutable_message());
  relay.waiting_bytes += order->message().size();
  if (relay.waiting_bytes >= kMostWaitingBytes) SendWaiting(place->second.relay, relay);
}

void RelayedStreams::SendWaiting(ConnectionId stream, Relay& relay) {
  relay.waiting.mutable_relay_orders();  // empty: only that we are there
  sender_(stream, relay.waiting);
  relay.waiting.Clear();
  relay.waiting_bytes = 0;
}

void RelayedStreams::Flush(int64_t now_ns) {
  for (auto& [stream, relay] : relays_) {
    if (relay.waiting.relay_orders().orders_size() == 0) continue;
    relay.sent_ns = now_ns;
    SendWaiting(stream, relay);
  }
}

void RelayedStreams::OnTick(int64_t now_ns) {
  for (auto& [stream, relay] : relays_) {
    relay.sent_ns = std::min(relay.sent_ns, now_ns);  // our clock may jump
    if (now_ns - relay.sent_ns < kSilenceNs) continue;
    relay.sent_ns = now_ns;
    SendWaiting(stream, relay);
  }
}

void RelayedStreams::Goodbye() {
  for (auto& [stream, relay] : relays_) {
    if (relay.waiting.relay_orders().orders_size() > 0) SendWaiting(stream, relay);
    v1::CoordinatorMessage message;
    message.mutable_goodbye()->set_reason("the run is over");
    sender_(stream, message);
  }
}

}  // namespace weir
