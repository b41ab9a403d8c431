// Arrivals as they were recorded, faster or slower by a fraction. Immutable; any thread.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "generators/schedule.h"
#include "proto/campaign.pb.h"

namespace weir {

// Reads the file. What would be due at duration_ns or later is left out. Refuses a file with
// another digest than the settings' one, if they have one.
absl::StatusOr<std::unique_ptr<Schedule>> MakeReplaySchedule(const v1::Replay& settings,
                                                             int64_t duration_ns);

}  // namespace weir
