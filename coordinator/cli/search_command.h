// `weir search`: runs a campaign that searches for capacity; the objective may come from options.
#pragma once

#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/run_command.h"

namespace CLI {
class App;
}

namespace weir {

struct SearchOptions {
  RunOptions run;
  std::string response_p50;  // of the objective, as in a campaign file; empty: not given
  std::string response_p99;
  std::string response_p999;
  std::string most;
};

void AddSearchOptions(CLI::App* command, SearchOptions* options);

ExitCode SearchCommand(const SearchOptions& options);

}  // namespace weir
