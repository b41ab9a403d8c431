// The forms of the charge model that are the greater of several lines: which line an observation
// lies on is found together with the lines. Pure.
#pragma once

#include <vector>

#include "backends/cosmos/calibration/linear_fit.h"
#include "backends/cosmos/calibration/observation.h"

namespace weir::cosmos {

struct SizedCharge {
  double kb;
  double ru;
};

// max(least, first_kb + per_kb·(S−1), large_per_kb·S).
struct ReadFit {
  bool small_determined = false;
  double first_kb = 0, first_kb_error = 0;
  double per_kb = 0, per_kb_error = 0;
  bool large_determined = false;
  double large_per_kb = 0, large_per_kb_error = 0;
};

// `least` is known. Tries every way to divide the reads, in the order of their sizes, among the
// three lines, and takes the one with the least sum of distances.
ReadFit FitReadsBySize(std::vector<SizedCharge> reads, double least);

// Pages of queries and feeds: constant parts, and max(least, rate·S) for each item.
struct QueryFit {
  LinearFit linear;  // by QueryColumns
};
std::vector<double ChargeCoefficients::*> QueryColumns();
QueryFit FitQueries(const std::vector<Observation>& observations);

}  // namespace weir::cosmos
