// `weir run`: carries out a campaign and reports it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/cli/control_options.h"
#include "coordinator/cli/dashboard_options.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/price_book.h"

namespace CLI {
class App;
}

namespace weir {

struct RunOptions {
  std::string campaign;                // path of the campaign file
  std::vector<std::string> overrides;  // --set; --seed is added to them as "seed=N"
  std::string store;                   // path of the results store
  std::string out;      // folder for the report's files (report_files.h); none written when empty
  uint32_t agents = 3;  // local agents to start; not used with agents elsewhere
  ControlOptions control;
  int64_t await_fetch_ns = 0;  // after the report is written to `out`, wait for it to be fetched
  bool quiet = false;          // no progress
  bool override_gates = false;
  bool searches = false;               // `weir search`: the campaign must have an objective
  std::vector<std::string> confirmed;  // databases: see ConfirmedTargets and UnconfirmedProduction
  DashboardOptions dashboard;
  PriceChoice prices;
  int64_t max_start_skew_ns = 10'000'000;  // an agent that is further off makes the run INVALID
};

void AddRunOptions(CLI::App* command, RunOptions* options);

ExitCode RunCommand(const RunOptions& options);

}  // namespace weir
