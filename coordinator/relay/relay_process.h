// A relay's process: connects RelayControl to gRPC and the clock.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "control/agent_exit.h"
#include "control/control_security.h"

namespace weir {

struct RelayOptions {
  ControlAddress coordinator;
  ControlAddress listen;  // port 0 takes a free one
  ControlSecurity security;
  std::string name;
  int64_t join_timeout_ns = 120'000'000'000;  // to find the coordinator
};

// Runs until the run is over, the coordinator refuses or is gone, or SIGTERM. What a user has to
// know goes to stderr. kUnavailable when the address cannot be listened on.
absl::StatusOr<AgentExit> RunRelay(const RelayOptions& options);

}  // namespace weir
