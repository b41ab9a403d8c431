// The smallest difference that a design is likely to show: what `weir plan` prints before hours are
// spent (R26, R29). Found by carrying out the design on made-up runs whose logarithms are normal,
// thousands of times, always with the same draws. Pure and deterministic.
#pragma once

#include <cstddef>

namespace weir {

struct ComparisonDesign {
  size_t pairs = 10;
  size_t comparisons = 1;  // judged together; Holm's first step divides the significance by it
  double significance = 0.05;
  double spread = 0.03;  // standard deviation from one run to the next, relative
  double power = 0.8;    // of showing it, significantly
};

// Relative: 0.04 is 4 %. Infinite when no difference could ever be significant.
double DetectableEffect(const ComparisonDesign& design);

}  // namespace weir
