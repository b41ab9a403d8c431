// What an agent knows before it meets a coordinator: where it waits or dials, who it is, what
// started it, and where it keeps what nobody has yet.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "control/control_security.h"

#include "agent/agent_options.h"
#include "agent/platform.h"
#include "proto/control.pb.h"

namespace weir {

struct Whereabouts {
  ControlAddress address;                    // to wait at
  std::vector<ControlAddress> coordinators;  // to dial
  ControlSecurity security;
  Platform platform;
};

// By the options, the files that they name and the environment. What cannot be is said in words.
absl::StatusOr<Whereabouts> ReadWhereabouts(const AgentOptions& options);

// Of a new incarnation.
v1::Hello MakeHello(const AgentOptions& options, const Whereabouts& here);

// Where the reports wait for the coordinator; it can be lost with the machine.
std::string SpoolPath(const AgentOptions& options, const v1::Hello& hello);

std::filesystem::path LetterFolder(const AgentOptions& options, const std::string& run_id);

}  // namespace weir
