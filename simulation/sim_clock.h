// The monotonic clock of one simulated machine: it started at another time than the others, runs a
// little fast or slow, and may jump. One thread.
#pragma once

#include <cstdint>

namespace weir {

class SimClock {
 public:
  SimClock() = default;
  SimClock(int64_t skew_ns, int64_t drift_ppb) : offset_ns_(skew_ns), drift_ppb_(drift_ppb) {}

  int64_t Read(int64_t true_ns) const { return true_ns + Drift(true_ns) + offset_ns_; }

  // The first instant at which the clock shows at least local_ns, if it does not jump.
  int64_t TrueAt(int64_t local_ns) const {
    int64_t guess = local_ns - offset_ns_;
    for (int i = 0; i < 3; ++i) guess = local_ns - offset_ns_ - Drift(guess);
    while (Read(guess) >= local_ns) --guess;
    while (Read(guess) < local_ns) ++guess;
    return guess;
  }

  void Step(int64_t by_ns) {
    offset_ns_ += by_ns;
    stepped_ns_ += by_ns < 0 ? -by_ns : by_ns;
  }
  int64_t stepped_ns() const { return stepped_ns_; }  // all steps, without their signs

 private:
  int64_t Drift(int64_t true_ns) const {
    __extension__ using Wide = __int128;
    return static_cast<int64_t>(static_cast<Wide>(true_ns) * drift_ppb_ / 1'000'000'000);
  }

  int64_t offset_ns_ = 0;
  int64_t drift_ppb_ = 0;
  int64_t stepped_ns_ = 0;
};

}  // namespace weir
