#include "coordinator/relay/relay_control.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "measure/wire_reader.h"

namespace weir {
namespace {

constexpr int64_t kRepeatNs = kNsPerSecond;
constexpr int64_t kFirstLeaseNs = 5 * kNsPerSecond;  // until the coordinator has told an agent
constexpr int64_t kPartingNs = 3 * kNsPerSecond;     // for agents to end their streams
constexpr size_t kMostBytesUp = 1 << 20;             // in one message, but for a single large item

uint64_t BodyOf(std::string_view message) {
  WireReader reader(message);
  return reader.Next() ? reader.field() : 0;
}

}  // namespace

RelayControl::RelayControl(RelaySettings settings, RelayPort& port, int64_t now_ns)
    : settings_(std::move(settings)),
      port_(port),
      now_ns_(now_ns),
      heard_ns_(now_ns),
      lease_ns_(kFirstLeaseNs),
      bundler_([this](v1::RelayedItem item) { Up(std::move(item)); }) {}

// ----------------------------------------------------------------------------- the coordinator

void RelayControl::OnConnected(int64_t now_ns) {
  now_ns_ = now_ns;
  state_ = State::kGreeting;
  Greet(now_ns);
}

void RelayControl::Greet(int64_t now_ns) {
  hello_ns_ = now_ns;
  v1::AgentMessage message;
  v1::RelayHello* hello = message.mutable_relay_hello();
  hello->set_protocol(kControlProtocol);
  hello->set_name(settings_.name);
  hello->set_join_token(settings_.token.Reveal());
  wire_free_ = false;
  port_.SendUp(message);
}

void RelayControl::OnMessage(const v1::CoordinatorMessage& message, int64_t now_ns) {
  now_ns_ = heard_ns_ = now_ns;
  if (message.has_goodbye()) return OnGoodbye(message.goodbye());
  if (!message.has_relay_orders() || state_ == State::kDialling) return;
  if (state_ == State::kGreeting) {
    state_ = State::kOpen;
    port_.Say(attended_ ? "the coordinator is back" : "attends the coordinator");
    attended_ = true;
  }
  OnOrders(message.relay_orders());
}

void RelayControl::OnOrders(const v1::RelayOrders& orders) {
  for (const v1::RelayOrder& order : orders.orders()) OnOrder(order);
}

void RelayControl::OnOrder(const v1::RelayOrder& order) {
  const auto stream = streams_.find(order.connection());
  if (stream == streams_.end()) return;
  v1::CoordinatorMessage message;
  if (order.end() || !message.ParseFromString(order.message())) {
    return port_.EndDown(order.connection());
  }
  if (message.has_welcome()) lease_ns_ = std::max(lease_ns_, message.welcome().lease().ns());
  Stream& agent = stream->second;
  const v1::Acknowledge& word = message.acknowledge();
  if (agent.alone && agent.alone_from && message.has_acknowledge() &&
      std::make_pair(word.step(), word.sequence()) >= *agent.alone_from) {
    agent.alone = false;
    agent.alone_from.reset();
  }
  port_.SendDown(order.connection(), message);
}

// At the end of the run the agents have been told as well, and go by themselves.
void RelayControl::OnGoodbye(const v1::Goodbye& goodbye) {
  const auto exit = static_cast<AgentExit>(goodbye.exit_code());
  if (exit == AgentExit::kFinished) {
    if (state_ != State::kParting) parting_ns_ = now_ns_;
    state_ = State::kParting;
    return;
  }
  EndAgents();
  port_.Quit(exit, goodbye.reason());
}

void RelayControl::OnRefused(const std::string& why) {
  EndAgents();
  port_.Quit(AgentExit::kRefused, why);
}

// The agents are to dial again, here or elsewhere; what they have sent is in their spools.
void RelayControl::OnDisconnected(int64_t now_ns) {
  now_ns_ = now_ns;
  EndAgents();
  if (state_ == State::kParting) return port_.Quit(AgentExit::kFinished, "the run is over");
  if (state_ != State::kDialling && attended_) port_.Say("the coordinator is out of reach");
  state_ = State::kDialling;
  port_.Redial();
}

void RelayControl::EndAgents() {
  for (const auto& [agent, stream] : streams_) port_.EndDown(agent);
  streams_.clear();
  bundler_.Clear();
  waiting_.clear();
}

// -------------------------------------------------------------------------------------- agents

void RelayControl::OnAgentBytes(ConnectionId agent, std::string_view message, int64_t now_ns) {
  now_ns_ = now_ns;
  if (state_ == State::kDialling || state_ == State::kGreeting) return port_.EndDown(agent);
  switch (BodyOf(message)) {
    case v1::AgentMessage::kHelloFieldNumber: {
      v1::AgentMessage parsed;
      const bool sound = parsed.ParseFromArray(message.data(), static_cast<int>(message.size()));
      // It may have reports under way that went another way.
      streams_[agent].alone |= !sound || !parsed.hello().run_id().empty();
      return SendInOrder(agent, message);
    }
    case v1::AgentMessage::kPongFieldNumber: {  // tells the time: it does not wait
      v1::RelayedItem item;
      item.set_connection(agent);
      item.set_message(std::string(message));
      streams_.try_emplace(agent);
      return Up(std::move(item));
    }
    case v1::AgentMessage::kIntervalFieldNumber:
      return OnReport(agent, message, now_ns);
    case v1::AgentMessage::kRelayHelloFieldNumber:
    case v1::AgentMessage::kRelayedFieldNumber:
      return RefuseRelay(agent);
    default:
      return SendInOrder(agent, message);
  }
}

void RelayControl::RefuseRelay(ConnectionId agent) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason("a relay takes agents, and no other relay");
  message.mutable_goodbye()->set_exit_code(static_cast<uint32_t>(AgentExit::kRefused));
  port_.SendDown(agent, message);
}

void RelayControl::OnReport(ConnectionId agent, std::string_view message, int64_t now_ns) {
  const std::string_view bytes = IntervalReportIn(message);
  const bool readable = !bytes.empty() && report_.Read(bytes).ok();
  const bool bundled =
      readable && MayBeBundled(streams_[agent], report_) && bundler_.Add(agent, report_, now_ns);
  if (!bundled) return SendInOrder(agent, message);
  bundler_.CloseDue(streams_.size(), now_ns);
}

// Whether the coordinator has all reports before this one, or will have when it comes.
bool RelayControl::MayBeBundled(Stream& stream, const ReportView& report) {
  const std::pair<uint32_t, uint64_t> latest{stream.step, stream.sequence};
  const std::pair<uint32_t, uint64_t> own{report.step(), report.sequence()};
  const bool follows = report.step() == stream.step ? report.sequence() == stream.sequence + 1
                                                    : report.sequence() == 1;
  if (own > latest) std::tie(stream.step, stream.sequence) = own;
  if (!follows || own < latest) stream.alone = true;
  if (stream.alone && (!follows || !stream.alone_from)) stream.alone_from = own;
  return !stream.alone;
}

void RelayControl::SendInOrder(ConnectionId agent, std::string_view message) {
  streams_.try_emplace(agent);
  v1::RelayedItem item;
  item.set_connection(agent);
  item.set_message(std::string(message));
  bundler_.SendInOrder(agent, std::move(item));
}

void RelayControl::OnAgentGone(ConnectionId agent, int64_t now_ns) {
  now_ns_ = now_ns;
  if (streams_.erase(agent) == 0) return;
  v1::RelayedItem item;
  item.set_connection(agent);
  item.set_ended(true);
  bundler_.SendInOrder(agent, std::move(item));
}

// ----------------------------------------------------------------------------------------- up

void RelayControl::Up(v1::RelayedItem item) {
  waiting_.push_back(std::move(item));
  SendUp();
}

void RelayControl::OnSent() {
  wire_free_ = true;
  SendUp();
}

// What has come while the wire was busy goes in one message.
void RelayControl::SendUp() {
  if (!wire_free_ || waiting_.empty()) return;
  v1::AgentMessage message;
  for (size_t bytes = 0; !waiting_.empty() && bytes < kMostBytesUp; waiting_.pop_front()) {
    bytes += waiting_.front().ByteSizeLong();
    *message.mutable_relayed()->add_items() = std::move(waiting_.front());
  }
  wire_free_ = false;
  port_.SendUp(message);
}

// -------------------------------------------------------------------------------------- time

void RelayControl::OnTerminate() {
  EndAgents();
  port_.Quit(AgentExit::kStopped, "told to terminate");
}

void RelayControl::OnTick(int64_t now_ns) {
  now_ns_ = now_ns;
  for (int64_t* past_ns : {&heard_ns_, &hello_ns_, &parting_ns_}) {
    *past_ns = std::min(*past_ns, now_ns);  // our clock may jump
  }
  if (state_ == State::kParting) {
    const bool over = streams_.empty() || now_ns - parting_ns_ > kPartingNs;
    bundler_.CloseDue(0, now_ns);
    if (over) port_.Quit(AgentExit::kFinished, "the run is over");
    return;
  }
  const int64_t silent_ns = now_ns - heard_ns_;
  if (silent_ns > (attended_ ? 2 * lease_ns_ : settings_.join_timeout_ns)) {
    EndAgents();
    return port_.Quit(AgentExit::kLostCoordinator,
                      attended_ ? "the coordinator is gone" : "no coordinator answers");
  }
  // The stream is open and says nothing: its other end may be gone without a word.
  if (state_ == State::kOpen && silent_ns > lease_ns_) return OnDisconnected(now_ns);
  if (state_ == State::kGreeting && now_ns - hello_ns_ >= kRepeatNs) Greet(now_ns);
  bundler_.CloseDue(streams_.size(), now_ns);
}

}  // namespace weir
