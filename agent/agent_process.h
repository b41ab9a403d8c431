// An agent's process: connects AgentControl to gRPC, to the clock and to the threads that do the
// work.
#pragma once

#include "agent/agent_options.h"

namespace weir {

// Runs until the coordinator says goodbye or is lost, or, where it waits for one run after another,
// until SIGTERM; returns the process's exit code.
int RunAgent(const AgentOptions& options);

}  // namespace weir
