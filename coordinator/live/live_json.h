// The live figures as the page reads them, each a JSON object on one line. Times in seconds or
// microseconds as the names say; null for what is not known, "inf" for a percentile among
// operations without success. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/live/live_run.h"

namespace weir {

// What changes when a leg begins or ends: campaign, legs, agents, verdict.
std::string LiveRunJson(const LiveRun& run);

// What changes every second but is not kept as a series: activity, progress, gates, the figures of
// the phase that goes on by operation.
std::string LiveNowJson(const LiveRun& run, int64_t now_ns);

// One second. Of very many agents the first kMostAgentsTold are told apart; sums are of all.
inline constexpr size_t kMostAgentsTold = 100;
std::string LivePointJson(const LivePoint& point);

// A line of the event log.
std::string LiveLineJson(int64_t at_ns, const std::string& text);

}  // namespace weir
