// Moves the start of a leg's measure phase: what was intended before is counted as warm-up. Pure,
// but for reading the leg's seconds back.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

#include "coordinator/kept_seconds.h"
#include "proto/results.pb.h"

namespace weir {

// The leg's results of warm-up and measure are summed again from its kept seconds, and its spans
// follow; `from` is the first second of the stage that is measured. Nothing but phases changes: the
// sums over both stay what they were, or the leg is left as it is and an error says so. The agents'
// shares keep the phases that the agents knew.
absl::Status MoveMeasureStart(uint32_t from, KeptSeconds& kept, v1::Leg* leg);

}  // namespace weir
