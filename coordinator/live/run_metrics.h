// The metrics of a run that goes on, for Prometheus: docs/dashboard.md lists them. Counters count
// from the begin of the run; labels are names of the campaign and of agents, nothing that grows
// with the length of a run. Pure.
#pragma once

#include <string>

#include "coordinator/live/live_run.h"
#include "coordinator/live/open_metrics.h"

namespace weir {

std::string RunMetrics(const LiveRun& run, MetricsFormat format);

}  // namespace weir
