// Robust linear regression with coefficients that are not negative, for a handful of unknowns.
// Pure.
#pragma once

#include <vector>

namespace weir::cosmos {

struct LinearFit {
  std::vector<double> values;
  std::vector<double> errors;    // standard errors; 0 where not determined
  std::vector<bool> determined;  // false: the equations say nothing of it; its value is 0
};

// rows[i]·values ≈ rights[i]. Iteratively reweighted least squares after Huber: rows that fit badly
// count by their distance instead of its square. A negative value is held at 0 and the rest fitted
// again. `resolution`: how exactly the rights are known; a row within it counts in full.
LinearFit FitLinear(const std::vector<std::vector<double>>& rows, const std::vector<double>& rights,
                    double resolution);

}  // namespace weir::cosmos
