// What an agent does as a canary (R23): the scenario's own operations in a closed loop against a
// backend that answers at once. How many it gets through says how fast its machine is, and nothing
// else.
#pragma once

#include <cstdint>

#include "proto/campaign.pb.h"

namespace weir {

v1::Scenario CanaryScenario(const v1::Scenario& scenario, uint32_t agents, int64_t length_ns);

}  // namespace weir
