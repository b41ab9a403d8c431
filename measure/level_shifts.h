// Where a series changes its level: E-divisive change points, from the energy distance between what
// lies before and after, tested by permutation. Deterministic: the permutations come from a seed.
// Pure.
//
// Source: Matteson and James, "A nonparametric approach for multiple change point analysis of
// multivariate data", JASA 109, 2014.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace weir {

struct LevelShiftSettings {
  double smallest = 0.05;      // change of the mean, relative to the mean before
  size_t permutations = 1999;  // none may come up to what is seen: p ≤ 1 ÷ 2000 < 0.001
  size_t least_part = 5;       // values between two changes, at least
  uint64_t seed = 1;
};

struct LevelShift {
  size_t at = 0;      // the first value of the new level
  double before = 0;  // means of the levels
  double after = 0;
};

// In order. Takes memory in proportion to the square of the length, and time in proportion to
// permutations × that square for each change that is there; little where there is none.
std::vector<LevelShift> FindLevelShifts(absl::Span<const double> values,
                                        const LevelShiftSettings& settings);

}  // namespace weir
