// `weir run --dashboard`: its options, its start, and the report that it shows at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "coordinator/live/dashboard.h"
#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace CLI {
class App;
}

namespace weir {

struct DashboardOptions {
  std::string listen;      // HOST:PORT; empty: no dashboard
  bool exposed = false;    // the address may be one that other machines can connect to
  int64_t linger_ns = -1;  // how long to serve after the run; below 0: until Ctrl-C on a terminal
};

void AddDashboardOptions(CLI::App* command, DashboardOptions* options);

// Null when none is asked for. Says where it is, on standard error. The token is made, or comes
// from the environment variable WEIR_DASHBOARD_TOKEN.
absl::StatusOr<std::unique_ptr<Dashboard>> StartDashboard(const DashboardOptions& options);

// Shows the report of the run that is over, until the user presses Ctrl-C or the time is up.
void ShowReport(const ResultsStore& store, const v1::RunResult& run,
                const DashboardOptions& options, Dashboard& dashboard);

}  // namespace weir
