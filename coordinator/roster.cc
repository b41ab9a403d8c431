#include "coordinator/roster.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint32_t kProtocol = 1;
constexpr uint64_t kFirstPings = 16;
constexpr int64_t kPingPeriodNs = kNsPerSecond;
constexpr uint32_t kExitRefused = 64;

}  // namespace

void Roster::OnHello(ConnectionId connection, const v1::Hello& hello, bool joining,
                     int64_t now_ns) {
  if (hello.protocol() != kProtocol) {
    return Refuse(connection, absl::StrCat("the agent speaks protocol ", hello.protocol(),
                                           ", this coordinator ", kProtocol));
  }
  if (!joining || size() == settings_.agents) {
    return Refuse(connection, "the run has all its agents");
  }
  const uint32_t index = size();
  agents_.push_back({.connection = connection, .heard_ns = now_ns});
  v1::AgentFacts* facts = run_.add_agents();
  *facts = hello.facts();
  facts->set_index(index);
  v1::CoordinatorMessage message;
  v1::Welcome* welcome = message.mutable_welcome();
  welcome->set_run_id(run_.id());
  welcome->set_agent_index(index);
  welcome->set_agent_count(settings_.agents);
  welcome->set_local_agents(settings_.local_agents ? settings_.agents : 1);
  welcome->mutable_lease()->set_ns(settings_.lease_ns);
  Send(index, message);
  Ping(index, now_ns);
}

void Roster::Refuse(ConnectionId connection, const std::string& reason) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason(reason);
  message.mutable_goodbye()->set_exit_code(kExitRefused);
  port_.Send(connection, message);
}

void Roster::Ping(uint32_t agent, int64_t now_ns) {
  agents_[agent].pinged_ns = now_ns;
  v1::CoordinatorMessage message;
  message.mutable_ping()->set_sequence(++agents_[agent].pings);
  message.mutable_ping()->set_sent_ns(now_ns);
  Send(agent, message);
}

void Roster::OnPong(uint32_t agent, const v1::Pong& pong, bool joining, int64_t now_ns) {
  ClockOffset& clock = agents_[agent].clock;
  clock.Add(pong.ping_sent_ns(), pong.received_ns(), pong.sent_ns(), now_ns);
  v1::AgentFacts* facts = run_.mutable_agents(static_cast<int>(agent));
  facts->set_clock_offset_ns(clock.offset_ns());
  facts->set_clock_offset_bound_ns(clock.bound_ns());
  if (joining && agents_[agent].pings < kFirstPings) Ping(agent, now_ns);
}

void Roster::OnTick(int64_t now_ns) {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (agents_[agent].lost || now_ns - agents_[agent].pinged_ns <= kPingPeriodNs) continue;
    Ping(agent, now_ns);
  }
}

std::optional<uint32_t> Roster::Find(ConnectionId connection) const {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (agents_[agent].connection == connection && !agents_[agent].lost) return agent;
  }
  return std::nullopt;
}

std::optional<uint32_t> Roster::Silent(int64_t now_ns) const {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (agents_[agent].lost) continue;
    if (now_ns - agents_[agent].heard_ns > settings_.lease_ns) return agent;
  }
  return std::nullopt;
}

void Roster::Send(uint32_t agent, const v1::CoordinatorMessage& message) {
  if (!agents_[agent].lost) port_.Send(agents_[agent].connection, message);
}

void Roster::SendAll(const v1::CoordinatorMessage& message) {
  for (uint32_t agent = 0; agent < size(); ++agent) Send(agent, message);
}

bool Roster::Complete() const {
  if (size() < settings_.agents) return false;
  return std::all_of(agents_.begin(), agents_.end(), [](const Attendant& agent) {
    return agent.clock.samples() >= static_cast<int>(kFirstPings);
  });
}

int64_t Roster::WorstRoundTripNs() const {
  int64_t worst = 0;
  for (const Attendant& agent : agents_) worst = std::max(worst, agent.clock.round_trip_ns());
  return worst;
}

std::string Roster::NameOf(uint32_t agent) const {
  return absl::StrCat("agent ", run_.agents(static_cast<int>(agent)).name());
}

}  // namespace weir
