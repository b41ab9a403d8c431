// `weir relay`: stands between agents and the coordinator of a run.
#pragma once

#include <cstdint>
#include <string>

#include "control/control_security.h"

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct RelayCommandOptions {
  std::string coordinator;  // HOST:PORT
  std::string listen;       // HOST:PORT
  std::string name;         // empty: host name and process id
  int64_t join_timeout_ns = 120'000'000'000;
  ControlSecurityOptions security;
};

void AddRelayOptions(CLI::App* command, RelayCommandOptions* options);

// Ends with kExitUsage, kExitFailure, or one of the codes of control/agent_exit.h.
ExitCode RelayCommand(const RelayCommandOptions& options);

}  // namespace weir
