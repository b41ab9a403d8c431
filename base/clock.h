// Time. All measuring uses one monotonic clock, in nanoseconds; wall time only names things.
#pragma once

#include <cstdint>

namespace weir {

inline constexpr int64_t kNsPerUs = 1'000;
inline constexpr int64_t kNsPerMs = 1'000'000;
inline constexpr int64_t kNsPerSecond = 1'000'000'000;

int64_t MonotonicNs();  // CLOCK_MONOTONIC; about 25 ns a call
int64_t WallUnixNs();   // CLOCK_REALTIME, since 1970

}  // namespace weir
