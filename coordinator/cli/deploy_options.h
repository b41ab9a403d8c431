// What `weir k8s render`, `weir k8s run` and `weir bacalhau render` have in common: a campaign for
// agents elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"
#include "coordinator/deploy/agent_needs.h"

namespace CLI {
class App;
}

namespace weir {

struct DeployOptions {
  std::string campaign;
  std::vector<std::string> overrides;
  std::string image;
  std::string run_id;  // empty: made of the campaign's name and the time
  uint32_t agents = 3;
  uint32_t agent_cpus = 2;
  int64_t deadline_ns = 0;  // 0: what the campaign drives, and two hours
};

void AddDeployOptions(CLI::App* command, DeployOptions* options);

// What came of reading the campaign for agents `in` "a pod".
struct DeployedCampaign {
  bool fine = false;  // else its problems have been said
  std::string text;
  std::string run_id;
  int64_t deadline_ns = 0;
  AgentNeeds needs;
};
DeployedCampaign ReadForDeployment(const DeployOptions& options, const std::string& in);

// Says them all; kExitUsage. `command` is "weir k8s render".
ExitCode SayProblems(const std::string& command, const std::vector<std::string>& problems);

}  // namespace weir
