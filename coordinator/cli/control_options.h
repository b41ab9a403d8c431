// How `weir run` and its agents come together: where they meet, what protects their streams, how
// long they are waited for, what follows when one is lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "control/control_security.h"
#include "control/lease.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace weir {

struct ControlOptions {
  std::string listen;          // HOST:PORT: start no agents, wait for `expect_agents` to dial in
  uint32_t expect_agents = 0;  // 0: as many as do, until none has for `join_window_ns`
  int64_t join_window_ns = 10'000'000'000;
  std::string dial;    // HOST:PORT,…: agents that wait to be dialled
  std::string health;  // HOST:PORT of the health service; empty: none
  ControlSecurityOptions security;
  std::string run_id;  // empty: one is made
  int64_t join_timeout_ns = 120'000'000'000;
  int64_t lease_ns = kDefaultLeaseNs;
  std::string on_agent_loss = "abort";
  uint32_t min_agents = 0;

  bool remote() const { return !listen.empty() || !dial.empty(); }  // agents are started by others
};

// `local` is the option that has agents started here.
void AddControlOptions(CLI::App* command, CLI::Option* local, ControlOptions* options);

// Why the text is no lease; empty when it is one. For options that take one.
std::string CheckLease(const std::string& text);

// What of it does not go together, or cannot be read; for a person.
struct ControlPlan {
  std::optional<ControlAddress> listen;
  std::vector<ControlAddress> dial;
  std::optional<ControlAddress> health;
  ControlSecurity security;
  uint32_t agents = 0;      // remote ones; 0: as many as join
  uint32_t min_agents = 0;  // 0: any loss ends the run
};
absl::StatusOr<ControlPlan> PlanControl(const ControlOptions& options);

}  // namespace weir
