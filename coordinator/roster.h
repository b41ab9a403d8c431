// The agents that attend a run: their indices, connections, clocks and leases. Until the run begins
// the newest process with an index has it, and the one before is told that it was superseded; then
// nobody joins any more. An agent whose connection broke may come back, on another, until its lease
// and a margin have passed; then it is lost for good. Owned by RunControl; one thread.
//
// Where the number of agents was left open the roster has as many as have joined. Until it is
// closed an index that was not asked for can change, when another makes room.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/agent_exit.h"
#include "control/join_token.h"
#include "control/lease.h"

#include "coordinator/clock_offset.h"
#include "coordinator/run_port.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

struct RosterSettings {
  uint32_t agents = 1;  // 0: as many as join
  bool local_agents = true;
  int64_t lease_ns = kDefaultLeaseNs;
  JoinToken join_token;  // none: who can reach us may join
};

class Roster {
 public:
  static constexpr uint32_t kMostAgents = 100'000;

  // An agent stops when its lease ends, by its own clock; the margin covers the difference of the
  // clocks' rates and the time it takes to stop (R40).
  static constexpr int64_t kLeaseMarginNs = 500'000'000;

  // `run` outlives the roster, which keeps the agents' facts in it.
  Roster(const RosterSettings& settings, v1::RunResult* run, RunPort& port)
      : settings_(settings), run_(*run), port_(port), agents_(settings.agents) {}

  // Our wall clock minus our monotonic clock, as the run begins to wait for agents.
  void Open(int64_t wall_minus_monotonic_ns) { wall_minus_monotonic_ns_ = wall_minus_monotonic_ns; }

  // Welcomes a new agent, or one that comes back; refuses others. `joining`: the run has not begun.
  void OnHello(ConnectionId connection, const v1::Hello& hello, bool joining, int64_t now_ns);
  // How far the agent's clock has stepped, if it has.
  std::optional<int64_t> OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns);
  // The agent whose connection it was.
  std::optional<uint32_t> OnDisconnected(ConnectionId connection);
  // Pings whom it is time to: for the lease, and in bursts for the clocks.
  void OnTick(int64_t now_ns);

  // The agent of this connection, if it has one and is not lost.
  std::optional<uint32_t> Find(ConnectionId connection) const;
  std::optional<uint32_t> FindByName(const std::string& name) const;
  void Heard(uint32_t agent, int64_t now_ns) { agents_[agent].heard_ns = now_ns; }
  // An agent whose lease and margin have passed, and that is not lost yet.
  std::optional<uint32_t> Silent(int64_t now_ns) const;
  void Lose(uint32_t agent) { agents_[agent].lost = true; }
  // It is gone before the run began: another may have its index.
  void Vacate(uint32_t agent);

  // What is known of the clocks at this time goes into the agents' facts.
  void RecordClocks(int64_t now_ns);

  // Nobody joins any more: the facts are in the order of the indices, with those of all agents at
  // their index.
  void Close();

  void Send(uint32_t agent, const v1::CoordinatorMessage& message);
  void SendAll(const v1::CoordinatorMessage& message);

  uint32_t size() const { return static_cast<uint32_t>(agents_.size()); }
  uint32_t present() const;  // that have joined
  bool present(uint32_t agent) const { return agents_[agent].present; }
  int64_t lease_ns() const { return settings_.lease_ns; }
  bool local() const { return settings_.local_agents; }
  bool lost(uint32_t agent) const { return agents_[agent].lost; }
  bool connected(uint32_t agent) const { return agents_[agent].connected; }
  uint32_t left() const;  // that have joined and are not lost
  bool Complete();        // all attend, at least one, and their clocks are known
  bool open() const { return settings_.agents == 0; }
  int64_t joined_ns() const { return joined_ns_; }  // when the latest did
  const ClockOffset& clock(uint32_t agent) const { return agents_[agent].clock; }
  int64_t WorstRoundTripNs() const;
  const v1::AgentFacts& FactsOf(uint32_t agent) const { return run_.agents(agents_[agent].facts); }
  std::string NameOf(uint32_t agent) const;  // "agent north"

 private:
  struct Attendant {
    bool present = false;      // has joined
    bool indexed = false;      // by its platform or its user
    uint32_t welcomed_as = 0;  // the index that it was told
    int facts = 0;             // its place among the run's agents
    ConnectionId connection = 0;
    uint32_t dial = 0;  // of the agent's, that the connection came from
    bool connected = false;
    bool lost = false;
    int64_t heard_ns = 0;
    ClockOffset clock;
    uint64_t pings = 0;
    int64_t pinged_ns = 0;
    int burst_left = 0;        // pings of the burst under way
    int64_t burst_end_ns = 0;  // of the latest
    // When the agent sent its latest pong that came, by its clock: its lease runs from there.
    std::optional<int64_t> pong_sent_ns;
    std::optional<int64_t> wall_minus_monotonic_ns;  // the agent's clocks
  };

  // Somebody who was superseded, and has to hear it: an agent that is welcomed asks no more.
  struct Dismissal {
    ConnectionId connection;
    int64_t said_ns;
    int left;  // times it is still said
  };

  std::string WhyNever(const v1::Hello& hello) const;
  void JoinAt(uint32_t index, ConnectionId connection, const v1::Hello& hello, int64_t now_ns);
  void JoinAnywhere(ConnectionId connection, const v1::Hello& hello, int64_t now_ns);
  void FillPlace(uint32_t agent);
  void Supersede(uint32_t agent, int64_t now_ns);
  void Attend(uint32_t agent, ConnectionId connection, const v1::Hello& hello, int64_t now_ns);
  void Resume(uint32_t agent, ConnectionId connection, const v1::Hello& hello, int64_t now_ns);
  void Connect(uint32_t agent, ConnectionId connection);
  void Disconnect(uint32_t agent);
  void Welcome(uint32_t agent);
  void Refuse(ConnectionId connection, AgentExit exit, const std::string& reason);
  void RepeatDismissals(int64_t now_ns);
  void Ping(uint32_t agent, int64_t now_ns);
  int64_t PingPeriod() const { return PingPeriodNs(settings_.lease_ns, settings_.agents); }
  std::optional<uint32_t> FindByIncarnation(const std::string& incarnation) const;

  const RosterSettings settings_;
  v1::RunResult& run_;
  RunPort& port_;
  std::vector<Attendant> agents_;                             // by index
  std::unordered_map<ConnectionId, uint32_t> by_connection_;  // the latest of each agent
  uint32_t known_ = 0;                                        // the clocks of all agents before are
  int64_t joined_ns_ = 0;
  int64_t wall_minus_monotonic_ns_ = 0;
  std::set<std::string> superseded_;  // incarnations
  std::vector<Dismissal> dismissals_;
};

}  // namespace weir
