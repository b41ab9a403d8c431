// What the HTML report shows of searches for capacity: a sentence for each, response times over the
// offered rate, how throughput scales, every probe. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "proto/results.pb.h"

namespace weir {

// Null for a run that searches nothing.
nlohmann::json CapacityData(const v1::RunResult& run);

}  // namespace weir
