// Comparisons carried out in virtual time by the product's own design, runs and judgement: a
// machine that differs from run to run and drifts, and a second target that is slower by a known
// factor, or not at all. One thread.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"

namespace weir {

struct PairedMachine {
  double spread = 0.03;     // standard deviation of one run to the next, relative
  double drift = 0.2;       // how much slower everything is at the end than at the start
  double slowdown = 1;      // service time of the second target ÷ that of the first
  bool interleaved = true;  // false: all runs of one target, then all of the other
  bool extend = false;      // as many rounds again where no difference is shown, once (R27)
};

inline constexpr uint32_t kPairedRounds = 10;
inline constexpr int kPairedMetrics = 3;

// Sets the allocator of the whole process up for many of them.
void KeepFreedMemory();

// A whole campaign: 10 rounds (20 when extended) of two targets, three metrics, judged.
absl::StatusOr<v1::ComparisonResult> ComparePaired(const PairedMachine& machine, uint64_t seed);

}  // namespace weir
