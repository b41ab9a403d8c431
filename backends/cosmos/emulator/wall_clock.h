// The seconds since 1970 that go into timestamps. While a recorded command is carried out again,
// they are those of its first time. Any thread.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace weir::cosmos::emulator {

// For this thread, as long as it lives.
class WallClockOverride {
 public:
  explicit WallClockOverride(uint32_t seconds) { seconds_ = seconds; }
  ~WallClockOverride() { seconds_ = 0; }
  WallClockOverride(const WallClockOverride&) = delete;
  WallClockOverride& operator=(const WallClockOverride&) = delete;

  static uint32_t seconds() { return seconds_; }

 private:
  static inline thread_local uint32_t seconds_ = 0;
};

inline uint32_t NowSeconds() {
  const uint32_t overridden = WallClockOverride::seconds();
  return overridden != 0 ? overridden : static_cast<uint32_t>(WallUnixNs() / kNsPerSecond);
}

}  // namespace weir::cosmos::emulator
