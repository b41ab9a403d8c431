// What an agent drives to prove that it has headroom (R10): the scenario's own operations, faster
// and for a short time, against a backend that answers at once.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

#include "proto/campaign.pb.h"

namespace weir {

// The scenario at `factor` times its highest rate for length_ns: steps and ramps at the height of
// their peak, bursts as if they never ended, recorded arrivals (whose file is read) at their
// busiest second. Open loop only.
v1::Scenario HeadroomScenario(const v1::Scenario& scenario, double factor, int64_t length_ns);

// Refuses what no worker thread can start, before minutes are spent on finding out: `operations` of
// the whole plan, shared by `agents` with `workers` each.
absl::Status CheckHeadroom(uint64_t operations, int64_t length_ns, uint32_t agents,
                           uint32_t workers);

}  // namespace weir
