// The agents that attend a run: their connections, their clocks, and when each was last heard of.
// Owned by RunControl; one thread.
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
  // `run` outlives the roster, which keeps the agents' facts in it.
  Roster(const RosterSettings& settings, v1::RunResult* run, RunPort& port)
      : settings_(settings), run_(*run), port_(port) {}

  // Welcomes or refuses. `joining`: the run has not begun.
  void OnHello(ConnectionId connection, const v1::Hello& hello, bool joining, int64_t now_ns);
  void OnPong(uint32_t agent, const v1::Pong& pong, bool joining, int64_t now_ns);

  // Pings whom it is time to.
  void OnTick(int64_t now_ns);

  // The agent of this connection, if it has one and is not lost.
  std::optional<uint32_t> Find(ConnectionId connection) const;
  void Heard(uint32_t agent, int64_t now_ns) { agents_[agent].heard_ns = now_ns; }
  // An agent that has been silent for the lease and is not lost yet.
  std::optional<uint32_t> Silent(int64_t now_ns) const;
  void Lose(uint32_t agent) { agents_[agent].lost = true; }

  void Send(uint32_t agent, const v1::CoordinatorMessage& message);
  void SendAll(const v1::CoordinatorMessage& message);

  uint32_t size() const { return static_cast<uint32_t>(agents_.size()); }
  bool lost(uint32_t agent) const { return agents_[agent].lost; }
  bool Complete() const;  // all attend and their clocks are known
  const ClockOffset& clock(uint32_t agent) const { return agents_[agent].clock; }
  int64_t WorstRoundTripNs() const;
  std::string NameOf(uint32_t agent) const;

 private:
  struct Attendant {
    ConnectionId connection = 0;
    bool lost = false;
    ClockOffset clock;
    uint64_t pings = 0;
    int64_t pinged_ns = 0;
    int64_t heard_ns = 0;
  };

  void Ping(uint32_t agent, int64_t now_ns);
  void Refuse(ConnectionId connection, const std::string& reason);

  const RosterSettings settings_;
  v1::RunResult& run_;
  RunPort& port_;
  std::vector<Attendant> agents_;
};

}  // namespace weir
