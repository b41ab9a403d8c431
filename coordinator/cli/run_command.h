// `weir run`: carries out a campaign and reports it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"

namespace weir {

struct RunOptions {
  std::string campaign;                // path of the campaign file
  std::vector<std::string> overrides;  // --set; --seed is added to them as "seed=N"
  std::string store;                   // path of the results store
  std::string out;      // folder for the report's files (report_files.h); none written when empty
  uint32_t agents = 3;  // local agents to start; not used with `listen`
  std::string listen;   // "HOST:PORT": start no agents, wait for `expect_agents` to dial in
  uint32_t expect_agents = 0;
  bool quiet = false;  // no progress
  bool override_gates = false;
  bool tolerate_agent_loss = false;
  std::vector<std::string> confirmed;  // databases that sound like production and may be written to
  int64_t max_start_skew_ns = 10'000'000;  // an agent that is further off makes the run INVALID
};

ExitCode RunCommand(const RunOptions& options);

}  // namespace weir
