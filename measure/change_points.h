// Where a history of runs changes its level (R30): candidates by the energy distance, kept when a
// t-test finds both sides apart. Unlike a permutation test that says the same each time, and it is
// quick enough for every metric of every run. For triage: one in ten of what it finds is expected
// to be nothing. Pure and deterministic.
//
// Sources: Matteson and James, JASA 109, 2014 (E-divisive); Fleming, Kolaczkowski, Kumar and
// others, "Hunter: using change point detection to hunt for performance regressions", ICPE 2023
// (windows, t-test, and the removal of the weakest).
#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace weir {

struct ChangePointSettings {
  size_t window = 50;  // values that are looked at together
  double most_p = 0.001;
  double smallest = 0.05;  // change of the mean, relative to the mean before
};

struct LevelChange {
  size_t at = 0;      // the first value of the new level
  double before = 0;  // means of the levels
  double after = 0;
  double p = 1;
};

// In order.
std::vector<LevelChange> FindLevelChanges(absl::Span<const double> values,
                                          const ChangePointSettings& settings);

}  // namespace weir
