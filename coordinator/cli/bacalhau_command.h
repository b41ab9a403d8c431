// `weir bacalhau render`: agents as a job of Bacalhau.
#pragma once

#include <string>

#include "coordinator/cli/deploy_options.h"
#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct BacalhauOptions {
  DeployOptions deploy;
  std::string coordinator;
  std::string identity = "/etc/weir";
  std::string agent_memory = "1GiB";
};

void AddBacalhauOptions(CLI::App* command, BacalhauOptions* options);

ExitCode BacalhauRenderCommand(const BacalhauOptions& options);

}  // namespace weir
