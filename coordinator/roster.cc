#include "coordinator/roster.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint32_t kProtocol = 1;
constexpr int kFirstPings = 64;
constexpr int kLaterPings = 8;
constexpr int64_t kBurstPeriodNs = 10 * kNsPerSecond;
constexpr int64_t kPingPeriodNs = kNsPerSecond;
constexpr uint32_t kExitRefused = 64;

}  // namespace

// ------------------------------------------------------------------------------- who attends

void Roster::OnHello(ConnectionId connection, const v1::Hello& hello, bool joining,
                     int64_t now_ns) {
  if (hello.protocol() != kProtocol) {
    return Refuse(connection, absl::StrCat("the agent speaks protocol ", hello.protocol(),
                                           ", this coordinator ", kProtocol));
  }
  if (const auto known = FindByIncarnation(hello.incarnation())) {
    return Resume(*known, connection, hello, now_ns);
  }
  if (!hello.run_id().empty()) {
    return Refuse(connection, "the agent attended a run that is not, or no longer, here");
  }
  if (!joining) return Refuse(connection, "the run has all its agents");
  if (const auto namesake = FindByName(hello.facts().name())) {
    // It was started anew before the run began; the one before is gone.
    if (!agents_[*namesake].connected) return Attend(*namesake, connection, hello, now_ns);
    return Refuse(connection, absl::StrCat("an agent named ", hello.facts().name(),
                                           " attends already: give each a name of its own"));
  }
  if (size() == settings_.agents) return Refuse(connection, "the run has all its agents");
  run_.add_agents();
  agents_.emplace_back();
  Attend(size() - 1, connection, hello, now_ns);
}

void Roster::Attend(uint32_t agent, ConnectionId connection, const v1::Hello& hello,
                    int64_t now_ns) {
  agents_[agent] = {.connection = connection, .heard_ns = now_ns, .burst_left = kFirstPings};
  v1::AgentFacts* facts = run_.mutable_agents(static_cast<int>(agent));
  *facts = hello.facts();
  facts->set_index(agent);
  facts->set_incarnation(hello.incarnation());
  Welcome(agent);
  Ping(agent, now_ns);
}

// An incarnation is unique to a process: whoever shows it is the agent that we know. Its connection
// may have broken without our having heard of it yet, and our Welcome may have been lost with it.
void Roster::Resume(uint32_t agent, ConnectionId connection, const v1::Hello& hello,
                    int64_t now_ns) {
  if (agents_[agent].lost) return Refuse(connection, "the agent was away for too long");
  const bool welcomed = !hello.run_id().empty();
  if (welcomed && (hello.run_id() != run_.id() || hello.agent_index() != agent)) {
    return Refuse(connection, "the agent attended another run");
  }
  // Something that was long under way says nothing about the connection in use.
  if (connection < agents_[agent].connection) return;
  agents_[agent].connection = connection;
  agents_[agent].connected = true;
  agents_[agent].heard_ns = now_ns;
  Welcome(agent);
  Ping(agent, now_ns);
}

void Roster::Welcome(uint32_t agent) {
  v1::CoordinatorMessage message;
  v1::Welcome* welcome = message.mutable_welcome();
  welcome->set_run_id(run_.id());
  welcome->set_agent_index(agent);
  welcome->set_agent_count(settings_.agents);
  welcome->set_local_agents(settings_.local_agents ? settings_.agents : 1);
  welcome->mutable_lease()->set_ns(settings_.lease_ns);
  Send(agent, message);
}

void Roster::Refuse(ConnectionId connection, const std::string& reason) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason(reason);
  message.mutable_goodbye()->set_exit_code(kExitRefused);
  port_.Send(connection, message);
}

std::optional<uint32_t> Roster::OnDisconnected(ConnectionId connection) {
  const std::optional<uint32_t> agent = Find(connection);
  if (agent) agents_[*agent].connected = false;
  return agent;
}

std::optional<uint32_t> Roster::Find(ConnectionId connection) const {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (agents_[agent].connection == connection && !agents_[agent].lost) return agent;
  }
  return std::nullopt;
}

std::optional<uint32_t> Roster::FindByName(const std::string& name) const {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (FactsOf(agent).name() == name) return agent;
  }
  return std::nullopt;
}

std::optional<uint32_t> Roster::FindByIncarnation(const std::string& incarnation) const {
  for (uint32_t agent = 0; agent < size() && !incarnation.empty(); ++agent) {
    if (FactsOf(agent).incarnation() == incarnation) return agent;
  }
  return std::nullopt;
}

bool Roster::Complete() const {
  if (size() < settings_.agents) return false;
  return std::all_of(agents_.begin(), agents_.end(),
                     [](const Attendant& agent) { return agent.clock.samples() >= kFirstPings; });
}

std::string Roster::NameOf(uint32_t agent) const {
  return absl::StrCat("agent ", FactsOf(agent).name());
}

// ------------------------------------------------------------------------- clocks and leases

void Roster::Ping(uint32_t agent, int64_t now_ns) {
  Attendant& attendant = agents_[agent];
  attendant.pinged_ns = now_ns;
  v1::CoordinatorMessage message;
  message.mutable_ping()->set_sequence(++attendant.pings);
  message.mutable_ping()->set_sent_ns(now_ns);
  message.mutable_ping()->set_granted_from_ns(attendant.pong_sent_ns.value_or(0));
  Send(agent, message);
}

std::optional<int64_t> Roster::OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns) {
  Attendant& attendant = agents_[agent];
  attendant.pong_sent_ns = std::max(attendant.pong_sent_ns.value_or(INT64_MIN), pong.sent_ns());
  ClockOffset& clock = attendant.clock;
  clock.Add(pong.ping_sent_ns(), pong.received_ns(), pong.sent_ns(), now_ns);
  // One ping follows another; a pong that comes twice does not make two.
  if (attendant.burst_left > 0 && pong.sequence() == attendant.pings) {
    if (--attendant.burst_left > 0) {
      Ping(agent, now_ns);
    } else {
      clock.EndBurst();
      attendant.burst_end_ns = now_ns;
    }
  }
  const std::optional<int64_t> step_ns = clock.TakeStep();
  // What it said before by its clock means nothing any more.
  if (step_ns) attendant.pong_sent_ns = pong.sent_ns();
  return step_ns;
}

void Roster::RecordClocks(int64_t now_ns) {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    const ClockOffset& clock = agents_[agent].clock;
    v1::AgentFacts* facts = run_.mutable_agents(static_cast<int>(agent));
    facts->set_clock_offset_ns(clock.OffsetAt(now_ns));
    facts->set_clock_offset_bound_ns(clock.BoundAt(now_ns));
    facts->set_clock_drift_ppm(clock.drift_ppm());
  }
}

void Roster::OnTick(int64_t now_ns) {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    Attendant& attendant = agents_[agent];
    if (attendant.lost) continue;
    attendant.heard_ns = std::min(attendant.heard_ns, now_ns);  // our clock may jump, too
    attendant.pinged_ns = std::min(attendant.pinged_ns, now_ns);
    const bool burst =
        attendant.burst_left == 0 && now_ns - attendant.burst_end_ns >= kBurstPeriodNs;
    if (burst) attendant.burst_left = kLaterPings;
    if (burst || now_ns - attendant.pinged_ns >= kPingPeriodNs) Ping(agent, now_ns);
  }
}

std::optional<uint32_t> Roster::Silent(int64_t now_ns) const {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (agents_[agent].lost) continue;
    if (now_ns - agents_[agent].heard_ns > settings_.lease_ns + kLeaseMarginNs) return agent;
  }
  return std::nullopt;
}

void Roster::Send(uint32_t agent, const v1::CoordinatorMessage& message) {
  if (!agents_[agent].lost) port_.Send(agents_[agent].connection, message);
}

void Roster::SendAll(const v1::CoordinatorMessage& message) {
  for (uint32_t agent = 0; agent < size(); ++agent) Send(agent, message);
}

int64_t Roster::WorstRoundTripNs() const {
  int64_t worst = 0;
  for (const Attendant& agent : agents_) worst = std::max(worst, agent.clock.worst_round_trip_ns());
  return worst;
}

}  // namespace weir
