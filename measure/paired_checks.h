// Two further tests of paired differences, printed beside the signed-rank test as cross-checks: one
// that assumes a normal distribution and one that assumes only symmetry. Pure and deterministic.
//
// Sources: paired t: Student, "The probable error of a mean", Biometrika 6, 1908. Sign flips:
// Fisher, "The Design of Experiments", 1935, §21.
#pragma once

#include "absl/types/span.h"

namespace weir {

// Two-sided. 1 of fewer than two differences or of nothing but zeros; 0 when all are the same
// amount but zero.
double PairedTTestP(absl::Span<const double> differences);

// Two-sided: of all ways to choose the signs, the part whose sum is as far from zero as this one.
// All of them up to 20 differences, a fixed sample of 2^20 beyond. 1 of none.
double SignFlipP(absl::Span<const double> differences);

// The standard deviation (n − 1); 0 of fewer than two.
double StandardDeviation(absl::Span<const double> values);

}  // namespace weir
