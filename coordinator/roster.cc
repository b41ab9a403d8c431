#include "coordinator/roster.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/agent_checks.h"

namespace weir {
namespace {

constexpr int kFirstPings = 64;
constexpr int kLaterPings = 8;
constexpr int64_t kBurstPeriodNs = 10 * kNsPerSecond;
constexpr int64_t kBurstPeriodPerAgentNs = 30'000'000;
constexpr int64_t kRepeatNs = kNsPerSecond;
constexpr int kDismissals = 5;
constexpr char kSuperseded[] = "SUPERSEDED: a newer process attends with this agent's index";

// Each ping in a second brings a sample of the clocks as well; bursts are for the best of several,
// and of a thousand agents they would be as many messages as all reports.
int64_t BurstPeriodNs(uint32_t agents) {
  return std::max<int64_t>(kBurstPeriodNs, kBurstPeriodPerAgentNs * agents);
}

}  // namespace

// ------------------------------------------------------------------------------- who attends

void Roster::OnHello(ConnectionId connection, const v1::Hello& hello, bool joining,
                     int64_t now_ns) {
  const std::string never = WhyNever(hello);
  if (!never.empty()) return Refuse(connection, AgentExit::kRefused, never);
  if (superseded_.count(hello.incarnation()) > 0) {
    return Refuse(connection, AgentExit::kTooLate, kSuperseded);
  }
  if (const absl::Status sound = CheckHello(hello); !sound.ok()) {
    return Refuse(connection, AgentExit::kRefused, std::string(sound.message()));
  }
  if (const auto known = FindByIncarnation(hello.incarnation())) {
    return Resume(*known, connection, hello, now_ns);
  }
  if (!hello.run_id().empty()) {
    return Refuse(connection, AgentExit::kTooLate,
                  "the agent attended a run that is not, or no longer, here");
  }
  if (!joining) {
    return Refuse(connection, AgentExit::kTooLate, "too late: the run has begun");
  }
  if (settings_.join_token.ExpiredAt((wall_minus_monotonic_ns_ + now_ns) / kNsPerSecond)) {
    return Refuse(connection, AgentExit::kRefused, "the join token has expired");
  }
  if (hello.has_index_wanted()) return JoinAt(hello.index_wanted(), connection, hello, now_ns);
  JoinAnywhere(connection, hello, now_ns);
}

// What no other process of this agent could do better. Nothing is told to who has no token.
std::string Roster::WhyNever(const v1::Hello& hello) const {
  if (hello.protocol() != kControlProtocol) {
    return absl::StrCat("the agent speaks protocol ", hello.protocol(), ", this coordinator ",
                        kControlProtocol);
  }
  if (!settings_.join_token.none() && !settings_.join_token.Matches(hello.join_token())) {
    return hello.join_token().empty()
               ? "this run needs its join token: --join-token-file FILE or WEIR_JOIN_TOKEN"
               : "the join token is not this run's";
  }
  if (!hello.run_wanted().empty() && hello.run_wanted() != run_.id()) {
    return absl::StrCat("this is run ", run_.id(), ", the agent was started for ",
                        hello.run_wanted());
  }
  if (hello.facts().version() != run_.version()) {
    return absl::StrCat("the agent is weir ", hello.facts().version(), ", this coordinator ",
                        run_.version(), ": all programs of a run must be of one build");
  }
  const uint32_t most = open() ? kMostAgents : size();
  if (hello.has_index_wanted() && hello.index_wanted() >= most) {
    return absl::StrCat("index ", hello.index_wanted(), " is none of ", most,
                        " agents: they are counted from 0");
  }
  return "";
}

void Roster::JoinAt(uint32_t index, ConnectionId connection, const v1::Hello& hello,
                    int64_t now_ns) {
  const auto namesake = FindByName(hello.facts().name());
  if (namesake && *namesake != index) {
    return Refuse(connection, AgentExit::kRefused,
                  absl::StrCat("an agent named ", hello.facts().name(),
                               " attends already: give each a name of its own"));
  }
  if (index >= size()) agents_.resize(index + 1);
  if (agents_[index].present && !agents_[index].indexed) {
    return Refuse(
        connection, AgentExit::kRefused,
        absl::StrCat("index ", index, " was given to ", NameOf(index),
                     ", which asked for none: give all agents of a run an index, or none"));
  }
  if (agents_[index].present) Supersede(index, now_ns);
  Attend(index, connection, hello, now_ns);
}

void Roster::JoinAnywhere(ConnectionId connection, const v1::Hello& hello, int64_t now_ns) {
  if (const auto namesake = FindByName(hello.facts().name())) {
    if (agents_[*namesake].connected) {
      return Refuse(connection, AgentExit::kRefused,
                    absl::StrCat("an agent named ", hello.facts().name(),
                                 " attends already: give each a name of its own"));
    }
    // It was started anew before the run began; the one before is gone.
    Supersede(*namesake, now_ns);
    return Attend(*namesake, connection, hello, now_ns);
  }
  const auto free = std::find_if(agents_.begin(), agents_.end(),
                                 [](const Attendant& agent) { return !agent.present; });
  if (free == agents_.end() && open() && size() < kMostAgents) {
    agents_.emplace_back();
    return Attend(size() - 1, connection, hello, now_ns);
  }
  if (free == agents_.end()) {
    return Refuse(connection, AgentExit::kTooLate, "the run has all its agents");
  }
  Attend(static_cast<uint32_t>(free - agents_.begin()), connection, hello, now_ns);
}

void Roster::Supersede(uint32_t agent, int64_t now_ns) {
  superseded_.insert(FactsOf(agent).incarnation());
  Refuse(agents_[agent].connection, AgentExit::kTooLate, kSuperseded);
  dismissals_.push_back({agents_[agent].connection, now_ns, kDismissals});
}

void Roster::Vacate(uint32_t agent) {
  const int place = agents_[agent].facts;
  run_.mutable_agents()->DeleteSubrange(place, 1);
  Disconnect(agent);
  known_ = std::min(known_, agent);
  agents_[agent] = {};
  for (Attendant& other : agents_) {
    if (other.present && other.facts > place) --other.facts;
  }
  if (open()) FillPlace(agent);
}

// Of a number that was left open none is missing, but for an index that somebody asked for.
void Roster::FillPlace(uint32_t agent) {
  const uint32_t last = size() - 1;
  if (agents_[last].indexed) return;
  if (agent != last && agents_[last].present) {
    agents_[agent] = std::move(agents_[last]);
    by_connection_[agents_[agent].connection] = agent;
    run_.mutable_agents(agents_[agent].facts)->set_index(agent);
  }
  agents_.pop_back();
  known_ = std::min({known_, agent, size()});
}

// It is welcomed and asks no more: the word may be lost, so it is said again.
void Roster::RepeatDismissals(int64_t now_ns) {
  for (Dismissal& dismissal : dismissals_) {
    if (now_ns - dismissal.said_ns < kRepeatNs) continue;
    dismissal.said_ns = now_ns;
    --dismissal.left;
    Refuse(dismissal.connection, AgentExit::kTooLate, kSuperseded);
  }
  dismissals_.erase(std::remove_if(dismissals_.begin(), dismissals_.end(),
                                   [](const Dismissal& each) { return each.left <= 0; }),
                    dismissals_.end());
}

void Roster::Attend(uint32_t agent, ConnectionId connection, const v1::Hello& hello,
                    int64_t now_ns) {
  const bool fresh = !agents_[agent].present;
  const int place = fresh ? run_.agents_size() : agents_[agent].facts;
  if (fresh) run_.add_agents();
  Disconnect(agent);
  agents_[agent] = {.present = true,
                    .indexed = hello.has_index_wanted(),
                    .welcomed_as = agent,
                    .facts = place,
                    .dial = hello.dial(),
                    .connected = true,
                    .heard_ns = now_ns,
                    .burst_left = kFirstPings};
  Connect(agent, connection);
  joined_ns_ = now_ns;
  known_ = std::min(known_, agent);
  if (hello.wall_unix_ns() != 0) {
    agents_[agent].wall_minus_monotonic_ns = hello.wall_unix_ns() - hello.monotonic_ns();
  }
  v1::AgentFacts* facts = run_.mutable_agents(place);
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
  if (agents_[agent].lost) {
    return Refuse(connection, AgentExit::kTooLate, "the agent was away for too long");
  }
  const bool welcomed = !hello.run_id().empty();
  if (welcomed &&
      (hello.run_id() != run_.id() || hello.agent_index() != agents_[agent].welcomed_as)) {
    return Refuse(connection, AgentExit::kTooLate, "the agent attended another run");
  }
  // Something that was long under way says nothing about the connection in use.
  // Of streams through relays only the agent's own count of its dials tells which is the later.
  const bool later = hello.dial() == agents_[agent].dial ? connection >= agents_[agent].connection
                                                         : hello.dial() > agents_[agent].dial;
  if (!later) return;
  Connect(agent, connection);
  agents_[agent].dial = hello.dial();
  agents_[agent].connected = true;
  agents_[agent].heard_ns = now_ns;
  Welcome(agent);
  Ping(agent, now_ns);
}

void Roster::Disconnect(uint32_t agent) {
  const auto found = by_connection_.find(agents_[agent].connection);
  if (found != by_connection_.end() && found->second == agent) by_connection_.erase(found);
}

void Roster::Connect(uint32_t agent, ConnectionId connection) {
  Disconnect(agent);
  agents_[agent].connection = connection;
  by_connection_[connection] = agent;
}

void Roster::Welcome(uint32_t agent) {
  v1::CoordinatorMessage message;
  v1::Welcome* welcome = message.mutable_welcome();
  welcome->set_run_id(run_.id());
  welcome->set_agent_index(agents_[agent].welcomed_as);
  welcome->set_agent_count(settings_.agents);  // 0: not known yet
  welcome->set_local_agents(settings_.local_agents ? settings_.agents : 1);
  welcome->mutable_lease()->set_ns(settings_.lease_ns);
  Send(agent, message);
}

void Roster::Refuse(ConnectionId connection, AgentExit exit, const std::string& reason) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason(reason);
  message.mutable_goodbye()->set_exit_code(static_cast<uint32_t>(exit));
  port_.Send(connection, message);
}

std::optional<uint32_t> Roster::OnDisconnected(ConnectionId connection) {
  dismissals_.erase(
      std::remove_if(dismissals_.begin(), dismissals_.end(),
                     [&](const Dismissal& each) { return each.connection == connection; }),
      dismissals_.end());
  const std::optional<uint32_t> agent = Find(connection);
  if (agent) agents_[*agent].connected = false;
  return agent;
}

std::optional<uint32_t> Roster::Find(ConnectionId connection) const {
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end() || agents_[found->second].lost) return std::nullopt;
  return found->second;
}

std::optional<uint32_t> Roster::FindByName(const std::string& name) const {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (agents_[agent].present && FactsOf(agent).name() == name) return agent;
  }
  return std::nullopt;
}

std::optional<uint32_t> Roster::FindByIncarnation(const std::string& incarnation) const {
  for (uint32_t agent = 0; agent < size() && !incarnation.empty(); ++agent) {
    if (agents_[agent].present && FactsOf(agent).incarnation() == incarnation) return agent;
  }
  return std::nullopt;
}

bool Roster::Complete() {
  while (known_ < size() && agents_[known_].present &&
         agents_[known_].clock.samples() >= kFirstPings) {
    ++known_;
  }
  return known_ == size() && known_ > 0;
}

uint32_t Roster::present() const {
  return static_cast<uint32_t>(std::count_if(agents_.begin(), agents_.end(),
                                             [](const Attendant& agent) { return agent.present; }));
}

uint32_t Roster::left() const {
  return static_cast<uint32_t>(
      std::count_if(agents_.begin(), agents_.end(),
                    [](const Attendant& agent) { return agent.present && !agent.lost; }));
}

void Roster::Close() {
  auto* facts = run_.mutable_agents();
  std::sort(
      facts->pointer_begin(), facts->pointer_end(),
      [](const v1::AgentFacts* a, const v1::AgentFacts* b) { return a->index() < b->index(); });
  for (int place = 0; place < facts->size(); ++place) {
    agents_[facts->Get(place).index()].facts = place;
  }
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
  const int64_t before_ns = attendant.pong_sent_ns.value_or(pong.sent_ns());
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
  } else if (pong.sent_ns() - before_ns >= 3 * PingPeriod() / 2) {
    // Out of reach until now: its lease may end before the next ping is due.
    Ping(agent, now_ns);
  }
  const std::optional<int64_t> step_ns = clock.TakeStep();
  // What it said before by its clock means nothing any more.
  if (step_ns) attendant.pong_sent_ns = pong.sent_ns();
  return step_ns;
}

void Roster::RecordClocks(int64_t now_ns) {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    const Attendant& attendant = agents_[agent];
    if (!attendant.present) continue;
    const ClockOffset& clock = attendant.clock;
    v1::AgentFacts* facts = run_.mutable_agents(attendant.facts);
    facts->set_clock_offset_ns(clock.OffsetAt(now_ns));
    facts->set_clock_offset_bound_ns(clock.BoundAt(now_ns));
    facts->set_clock_drift_ppm(clock.drift_ppm());
    if (!attendant.wall_minus_monotonic_ns) continue;
    facts->set_wall_clock_offset_ns(*attendant.wall_minus_monotonic_ns + clock.OffsetAt(now_ns) -
                                    wall_minus_monotonic_ns_);
  }
}

void Roster::OnTick(int64_t now_ns) {
  RepeatDismissals(now_ns);
  for (uint32_t agent = 0; agent < size(); ++agent) {
    Attendant& attendant = agents_[agent];
    if (!attendant.present || attendant.lost) continue;
    attendant.heard_ns = std::min(attendant.heard_ns, now_ns);  // our clock may jump, too
    attendant.pinged_ns = std::min(attendant.pinged_ns, now_ns);
    const bool burst =
        attendant.burst_left == 0 && now_ns - attendant.burst_end_ns >= BurstPeriodNs(size());
    if (burst) attendant.burst_left = kLaterPings;
    if (burst || now_ns - attendant.pinged_ns >= PingPeriod()) Ping(agent, now_ns);
  }
}

std::optional<uint32_t> Roster::Silent(int64_t now_ns) const {
  for (uint32_t agent = 0; agent < size(); ++agent) {
    if (!agents_[agent].present || agents_[agent].lost) continue;
    if (now_ns - agents_[agent].heard_ns > settings_.lease_ns + kLeaseMarginNs) return agent;
  }
  return std::nullopt;
}

void Roster::Send(uint32_t agent, const v1::CoordinatorMessage& message) {
  if (agents_[agent].present && !agents_[agent].lost)
    port_.Send(agents_[agent].connection, message);
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
