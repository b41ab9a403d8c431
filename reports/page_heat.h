// How many operations took how long, second by second, as JSON: what single percentile lines hide,
// such as two modes, or a stall that only some met. Private to the HTML writer.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

// Rows of a heat map share a decade of response time.
inline constexpr int kHeatRowsPerDecade = 8;

// {"width": seconds of a column, "first_row": r, "rows": n, "columns": [[counts…], …],
//  "unsuccessful": [counts…]}: row r holds responses from 10^(r/8) to 10^((r+1)/8) µs, of all
// operations that succeeded, by the second in which they ended; warm-up included. Null where
// nothing was driven, and for closed loops, whose response times omit queueing.
absl::StatusOr<nlohmann::json> HeatData(const ResultsStore& store, const v1::RunResult& run,
                                        const v1::Leg& leg);

}  // namespace weir
