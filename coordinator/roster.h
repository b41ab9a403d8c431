// The agents that attend a run: their connections, their clocks, their leases. An agent whose
// connection broke may come back, on another, until its lease and a margin have passed; then it is
// lost for good. Owned by RunControl; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/clock_offset.h"
#include "coordinator/run_port.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

struct RosterSettings {
  uint32_t agents = 1;
  bool local_agents = true;
  int64_t lease_ns = 5'000'000'000;
};

class Roster {
 public:
  // An agent stops when its lease ends, by its own clock; the margin covers the difference of the
  // clocks' rates and the time it takes to stop (R40).
  static constexpr int64_t kLeaseMarginNs = 500'000'000;

  // `run` outlives the roster, which keeps the agents' facts in it.
  Roster(const RosterSettings& settings, v1::RunResult* run, RunPort& port)
      : settings_(settings), run_(*run), port_(port) {}

  // Welcomes a new agent, or one that comes back; refuses others. `joining`: the run has not begun.
  void OnHello(ConnectionId connection, const v1::Hello& hello, bool joining, int64_t now_ns);
  // How far the agent's clock has stepped, if it has.
  std::optional<int64_t> OnPong(uint32_t agent, const v1::Pong& pong, int64_t now_ns);
  // The agent whose connection it was.
  std::optional<uint32_t> OnDisconnected(ConnectionId connection);
  // Pings whom it is time to: each second for the lease, in bursts for the clocks.
  void OnTick(int64_t now_ns);

  // The agent of this connection, if it has one and is not lost.
  std::optional<uint32_t> Find(ConnectionId connection) const;
  std::optional<uint32_t> FindByName(const std::string& name) const;
  void Heard(uint32_t agent, int64_t now_ns) { agents_[agent].heard_ns = now_ns; }
  // An agent whose lease and margin have passed, and that is not lost yet.
  std::optional<uint32_t> Silent(int64_t now_ns) const;
  void Lose(uint32_t agent) { agents_[agent].lost = true; }

  // What is known of the clocks at this time goes into the agents' facts.
  void RecordClocks(int64_t now_ns);

  void Send(uint32_t agent, const v1::CoordinatorMessage& message);
  void SendAll(const v1::CoordinatorMessage& message);

  uint32_t size() const { return static_cast<uint32_t>(agents_.size()); }
  int64_t lease_ns() const { return settings_.lease_ns; }
  bool local() const { return settings_.local_agents; }
  bool lost(uint32_t agent) const { return agents_[agent].lost; }
  bool connected(uint32_t agent) const { return agents_[agent].connected; }
  bool Complete() const;  // all attend and their clocks are known
  const ClockOffset& clock(uint32_t agent) const { return agents_[agent].clock; }
  int64_t WorstRoundTripNs() const;
  const v1::AgentFacts& FactsOf(uint32_t agent) const {
    return run_.agents(static_cast<int>(agent));
  }
  std::string NameOf(uint32_t agent) const;  // "agent north"

 private:
  struct Attendant {
    ConnectionId connection = 0;
    bool connected = true;
    bool lost = false;
    int64_t heard_ns = 0;
    ClockOffset clock;
    uint64_t pings = 0;
    int64_t pinged_ns = 0;
    int burst_left = 0;        // pings of the burst under way
    int64_t burst_end_ns = 0;  // of the latest
    // When the agent sent its latest pong that came, by its clock: its lease runs from there.
    std::optional<int64_t> pong_sent_ns;
  };

  void Attend(uint32_t agent, ConnectionId connection, const v1::Hello& hello, int64_t now_ns);
  void Resume(uint32_t agent, ConnectionId connection, const v1::Hello& hello, int64_t now_ns);
  void Welcome(uint32_t agent);
  void Refuse(ConnectionId connection, const std::string& reason);
  void Ping(uint32_t agent, int64_t now_ns);
  std::optional<uint32_t> FindByIncarnation(const std::string& incarnation) const;

  const RosterSettings settings_;
  v1::RunResult& run_;
  RunPort& port_;
  std::vector<Attendant> agents_;
};

}  // namespace weir
