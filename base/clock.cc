#include "base/clock.h"

#include <time.h>

namespace weir {
namespace {

int64_t Read(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace

int64_t MonotonicNs() { return Read(CLOCK_MONOTONIC); }
int64_t WallUnixNs() { return Read(CLOCK_REALTIME); }

}  // namespace weir
