// Poisson arrivals, exactly splittable: per block of one second a Poisson-distributed count, then
// that many sorted uniform offsets. An operation's place is found by halving: of n operations in an
// interval, the number in the first half is the number of ones in n random bits, which is exactly
// what n independent uniform offsets would give. So a cursor needs no sort of a whole block (which
// would stall the pacing of a busy worker once a second), and any operation is found in O(log n).
// Immutable; any thread.
#pragma once

#include <memory>
#include <vector>

#include "generators/rate_profile.h"
#include "generators/schedule.h"

namespace weir {

std::unique_ptr<Schedule> MakePoissonSchedule(RateProfile profile, uint64_t seed);

}  // namespace weir
