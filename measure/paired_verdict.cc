#include "measure/paired_verdict.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "measure/paired_checks.h"

namespace weir {
namespace {

constexpr double k95 = 0.95;
constexpr double k90 = 0.90;

bool IsPositive(double value) { return std::isfinite(value) && value > 0; }

ConfidenceInterval AsRatios(const ConfidenceInterval& logs) {
  return {std::exp(logs.low), std::exp(logs.high)};
}

// Two one-sided tests at the significance s are an interval of 1 − 2s.
bool IsEquivalent(const PairedEstimate& estimate, const VerdictLimits& limits) {
  const ConfidenceInterval& interval =
      limits.significance < 0.05 ? estimate.interval95 : estimate.interval90;
  return interval.low >= 1 - limits.margin && interval.high <= 1 + limits.margin;
}

}  // namespace

bool HaveRatios(absl::Span<const PairedRuns> pairs) {
  return !pairs.empty() && std::all_of(pairs.begin(), pairs.end(), [](const PairedRuns& pair) {
    return IsPositive(pair.baseline) && IsPositive(pair.other);
  });
}

PairedEstimate EstimateRatio(absl::Span<const PairedRuns> pairs) {
  PairedEstimate estimate;
  estimate.pairs = pairs.size();
  std::vector<double> differences;
  for (const PairedRuns& pair : pairs) differences.push_back(std::log(pair.other / pair.baseline));
  estimate.ratio = std::exp(HodgesLehmann(differences));
  estimate.interval95 = AsRatios(SignedRankInterval(differences, k95));
  estimate.interval90 = AsRatios(SignedRankInterval(differences, k90));
  estimate.p = SignedRankP(differences);
  estimate.t_test_p = PairedTTestP(differences);
  estimate.sign_flip_p = SignFlipP(differences);
  estimate.spread =
      StandardDeviation(differences) / std::sqrt(2.0);  // of two runs, in a difference
  return estimate;
}

std::vector<double> HolmAdjusted(absl::Span<const double> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, p[order[i]] * static_cast<double>(p.size() - i)));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

Finding Judge(const PairedEstimate& estimate, double adjusted_p, bool more_is_better,
              const VerdictLimits& limits) {
  if (estimate.pairs < 2) return Finding::kNoVerdict;
  if (adjusted_p <= limits.significance) {
    if (std::abs(estimate.ratio - 1) < limits.threshold) {
      return Finding::kDifferentBelowThreshold;
    }
    return (estimate.ratio > 1) == more_is_better ? Finding::kFaster : Finding::kSlower;
  }
  return IsEquivalent(estimate, limits) ? Finding::kEquivalent : Finding::kNoDifferenceShown;
}

double LargestNotExcluded(const PairedEstimate& estimate) {
  if (!std::isfinite(estimate.interval95.high)) return std::numeric_limits<double>::infinity();
  return std::max(std::abs(estimate.interval95.low - 1), std::abs(estimate.interval95.high - 1));
}

}  // namespace weir
