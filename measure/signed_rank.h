// Paired differences without assuming their distribution: Wilcoxon's signed-rank test, the
// Hodges–Lehmann estimate and its confidence interval, all exact for any number of pairs. Pure.
//
// Sources: Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945;
// Hodges and Lehmann, "Estimates of location based on rank tests", Annals of Mathematical
// Statistics 34, 1963; interval by inversion of the test: Tukey, see Hollander, Wolfe and Chicken,
// "Nonparametric Statistical Methods", 3rd ed., 3.1 and 3.3; zeros: Pratt, "Remarks on zeros and
// ties in the Wilcoxon signed rank procedures", JASA 54, 1959.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace weir {

struct ConfidenceInterval {
  double low = 0;   // −infinity where the pairs are too few to bound it
  double high = 0;  // +infinity, likewise

  bool Bounded() const;
};

// The means of all pairs of differences, each with itself too, ascending: n(n + 1) ÷ 2 of them.
std::vector<double> WalshAverages(absl::Span<const double> differences);

// Their median; 0 of none. `differences` must be finite, here and below.
double HodgesLehmann(absl::Span<const double> differences);

// Covers the centre of the differences with at least this probability, if they are symmetric.
ConfidenceInterval SignedRankInterval(absl::Span<const double> differences, double confidence);

// How many Walsh averages the interval's ends are from the extremes, from 1 on; 0 where so few
// pairs do not bound it.
size_t AveragesToTheEnd(size_t pairs, double confidence);

// Two-sided probability, of differences that are symmetric around 0, of ranks as one-sided as these
// or more. Exact, over all signs that the ranks at hand may have: equal amounts share the mean of
// their ranks; zeros are ranked, and have no sign. 1 of none.
double SignedRankP(absl::Span<const double> differences);

// The fewest pairs of which the smallest possible probability, multiplied by as many
// `comparisons` (Holm's first step), is not above `significance`: with fewer no finding is
// possible.
size_t LeastPairs(size_t comparisons, double significance);

}  // namespace weir
