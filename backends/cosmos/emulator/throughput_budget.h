// The request units that one physical partition may spend: a bucket filled anew each second,
// nothing carried over, debt paid from the seconds that follow. Guarded by its partition's mutex.
#pragma once

#include <algorithm>
#include <cstdint>

#include "backends/cosmos/emulator/charge.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {

class ThroughputBudget {
 public:
  // Never throttles when per_second is 0.
  explicit ThroughputBudget(CentiRu per_second) : per_second_(per_second), balance_(per_second) {}

  void SetPerSecond(CentiRu per_second, int64_t now_ns) {
    Refill(now_ns);
    balance_ += per_second - per_second_;
    per_second_ = per_second;
  }

  // Whether a request that arrives now is carried out. What it costs is spent afterwards.
  bool Admits(int64_t now_ns) {
    Refill(now_ns);
    return per_second_ == 0 || balance_ > 0;
  }

  void Spend(CentiRu charge) {
    balance_ -= charge;
    spent_ += charge;
  }

  // After a refusal: milliseconds until the balance is positive again; at least 1.
  int64_t RetryAfterMs(int64_t now_ns) const {
    const int64_t seconds = per_second_ == 0 ? 1 : -balance_ / per_second_ + 1;
    const int64_t wait_ns = second_start_ns_ + seconds * kNsPerSecond - now_ns;
    return std::max<int64_t>(1, (wait_ns + kNsPerMs - 1) / kNsPerMs);
  }

  CentiRu spent() const { return spent_; }

 private:
  void Refill(int64_t now_ns) {
    const int64_t seconds = (now_ns - second_start_ns_) / kNsPerSecond;
    if (seconds <= 0) return;
    second_start_ns_ += seconds * kNsPerSecond;
    const int64_t owed_seconds = balance_ < 0 && per_second_ > 0 ? -balance_ / per_second_ + 1 : 1;
    balance_ = seconds > owed_seconds ? per_second_
                                      : std::min(per_second_, balance_ + seconds * per_second_);
  }

  CentiRu per_second_;
  CentiRu balance_;
  CentiRu spent_ = 0;
  int64_t second_start_ns_ = 0;
};

}  // namespace weir::cosmos::emulator
