// What the HTML report shows of a comparison: findings, the pairs behind them and their intervals,
// as JSON. Private to the HTML writer.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "proto/results.pb.h"

namespace weir {

// {"design": "10 rounds…", "repeats": […], "findings": [{"sentence", "tone", "pairs": […], …}]};
// null when the campaign compares nothing.
nlohmann::json ComparisonData(const v1::RunResult& run);

}  // namespace weir
