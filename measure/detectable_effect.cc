#include "measure/detectable_effect.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "measure/signed_rank.h"

namespace weir {
namespace {

constexpr int kTrials = 2000;  // of a power of 0.8 the standard error is 0.009

// Box and Muller's, one of the two.
double Normal(DrawStream* draws) {
  const double radius = std::sqrt(-2 * std::log(1 - draws->Unit()));
  return radius * std::cos(2 * std::numbers::pi * draws->Unit());
}

// For each trial the smallest shift by which its differences become significantly positive: where
// the lower end of the interval crosses zero.
double NeededShift(const ComparisonDesign& design, size_t from_end, uint64_t trial) {
  DrawStream draws(DeriveKey(design.pairs, "detectable effect"), trial);
  std::vector<double> differences;
  for (size_t i = 0; i < design.pairs; ++i) {
    differences.push_back(design.spread * std::numbers::sqrt2 * Normal(&draws));
  }
  return -WalshAverages(differences)[from_end - 1];
}

}  // namespace

double DetectableEffect(const ComparisonDesign& design) {
  if (design.pairs < LeastPairs(design.comparisons, design.significance)) {
    return std::numeric_limits<double>::infinity();
  }
  const double confidence = 1 - design.significance / static_cast<double>(design.comparisons);
  const size_t from_end = AveragesToTheEnd(design.pairs, confidence);
  std::vector<double> needed;
  for (int trial = 0; trial < kTrials; ++trial) {
    needed.push_back(NeededShift(design, from_end, static_cast<uint64_t>(trial)));
  }
  std::sort(needed.begin(), needed.end());
  const auto at = static_cast<size_t>(design.power * kTrials);
  return std::expm1(needed[at]);
}

}  // namespace weir
