// From pairs of runs to a finding (R25, R26, R28): the unit is the run, never the request. Each
// metric of each comparison is one row of a family that is judged together. Pure.
//
// Sources: see signed_rank.h; step-down adjustment: Holm, "A simple sequentially rejective multiple
// test procedure", Scandinavian Journal of Statistics 6, 1979; equivalence by an interval inside
// the margin (two one-sided tests): Schuirmann, "A comparison of the two one-sided tests procedure
// and the power approach", Journal of Pharmacokinetics and Biopharmaceutics 15, 1987.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "measure/signed_rank.h"

namespace weir {

struct PairedRuns {
  double baseline = 0;
  double other = 0;
};

// What the pairs of one metric say, as ratios other ÷ baseline.
struct PairedEstimate {
  size_t pairs = 0;
  double ratio = 1;               // Hodges–Lehmann, on the log scale
  ConfidenceInterval interval95;  // 0 … +infinity where the pairs are too few
  ConfidenceInterval interval90;
  double p = 1;  // exact signed-rank test
  double t_test_p = 1;
  double sign_flip_p = 1;
  double spread = 0;  // standard deviation from one run to the next, relative
};

// False when a value is not a positive number: there is no ratio, and the metric is INVALID.
bool HaveRatios(absl::Span<const PairedRuns> pairs);
PairedEstimate EstimateRatio(absl::Span<const PairedRuns> pairs);

// In the order given; 1 at most, and never below the value itself.
std::vector<double> HolmAdjusted(absl::Span<const double> p);

enum class Finding : uint8_t {
  kNoVerdict,                // one against one
  kFaster,                   // better by at least the threshold
  kSlower,                   // worse by at least the threshold
  kDifferentBelowThreshold,  // certain, and too small to matter
  kEquivalent,               // the 90 % interval (of two looks: 95 %) lies within the margin
  kNoDifferenceShown,
};

struct VerdictLimits {
  double significance = 0.05;  // over the whole family; below 0.05 where one looks twice
  double threshold = 0.03;     // practical difference: |ratio − 1| from which on it matters
  double margin = 0.05;        // of equivalence: 1 − margin … 1 + margin
};

// `adjusted_p`: Holm's, over the whole family. Where more is better a ratio above 1 is kFaster.
// What has no ratios (HaveRatios) is INVALID and is not for here.
Finding Judge(const PairedEstimate& estimate, double adjusted_p, bool more_is_better,
              const VerdictLimits& limits);

// The largest difference that the 95 % interval does not exclude, relative to the baseline;
// infinite where the interval is not bounded.
double LargestNotExcluded(const PairedEstimate& estimate);

}  // namespace weir
