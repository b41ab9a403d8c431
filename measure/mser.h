// MSER-5: where the initial transient of a series ends. Pure.
//
// Source: White, "An effective truncation heuristic for bias reduction in simulation output", 1997;
// batches of five: Spratt, 1998; their use without supervision: Hoad and Robinson, WSC 2011.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace weir {

// Means of consecutive batches; what does not fill a batch at the end is left out.
std::vector<double> BatchMeans(absl::Span<const double> values, size_t batch);

// How many of the first values to drop: the number d that minimises s²(d) ÷ (n − d), where s²(d) is
// the variance of the n − d values that stay. The first such d. MserLeast values always stay,
// for the variance of a few is small by chance too often. 0 when there are no more than those.
constexpr size_t MserLeast(size_t values) { return std::max<size_t>(5, values / 4); }
size_t MserCut(absl::Span<const double> batches);

// By how many standard errors the mean of the first `cut` values lies from the mean of the others
// (two samples, variance pooled). Infinite when neither varies and the means differ, 0 when either
// is empty. MSER also drops parts of a series that only by chance varies less towards its end;
// against such a cut stands a difference of few standard errors.
double StandardErrorsApart(absl::Span<const double> values, size_t cut);

}  // namespace weir
