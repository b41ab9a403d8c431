// What agents and coordinator agree on besides their messages: the version of the protocol, and how
// an agent's process ends. The numbers are a promise to schedulers (docs/agents.md).
#pragma once

#include <cstdint>

namespace weir {

inline constexpr uint32_t kControlProtocol = 1;

enum class AgentExit : int {
  kFinished = 0,  // the coordinator said goodbye, and everything was acknowledged
  kFailed = 1,    // the agent itself could not go on
  kRefused = 64,  // it can never join: configuration, version, token, another run
  kTooLate = 65,  // this one cannot join any more: the run has begun, or another took its place
  kLostCoordinator = 75,
  kStopped = 143,  // SIGTERM: never 0, an evicted agent has not finished
};

}  // namespace weir
