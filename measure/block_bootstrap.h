// How far a quantile of one run is known from that run alone (R24): seconds follow each other, so
// that what is drawn again is stretches of them, in a circle. Says nothing of another run. Pure and
// deterministic.
//
// Source: Politis and Romano, "A circular block-resampling procedure for stationary data", in
// "Exploring the Limits of Bootstrap", 1992. Order-statistic intervals, which take operations for
// independent, held the truth in 7 to 16 % of queueing runs instead of 95 %.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"

#include "measure/histogram.h"
#include "measure/signed_rank.h"

namespace weir {

struct BlockBootstrapSettings {
  size_t block = 10;  // seconds that stay together
  size_t resamples = 1000;
  size_t least_seconds = 300;  // fewer hold too few blocks
  double confidence = 0.95;
  uint64_t seed = 1;
};

// What ended in one second: values with their counts, ascending, and operations without success,
// which count as infinitely slow.
class SecondCounts {
 public:
  SecondCounts(const Histogram& values, uint64_t unsuccessful);

  const std::vector<std::pair<uint64_t, uint64_t>>& values() const { return values_; }
  uint64_t unsuccessful() const { return unsuccessful_; }

 private:
  std::vector<std::pair<uint64_t, uint64_t>> values_;  // value, count
  uint64_t unsuccessful_;
};

// For each quantile its interval, in the histograms' unit, +infinity where it lies among operations
// without success. Nothing when there are too few seconds, or no operations.
std::vector<std::optional<ConfidenceInterval>> WithinRunIntervals(
    absl::Span<const SecondCounts> seconds, absl::Span<const double> quantiles,
    const BlockBootstrapSettings& settings);

}  // namespace weir
