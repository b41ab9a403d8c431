// The slope of a series that a few wild values do not turn: the median over all pairs. Pure.
//
// Source: Theil, 1950; interval: Sen, "Estimates of the regression coefficient based on Kendall's
// tau", JASA 63, 1968.
#pragma once

#include "absl/types/span.h"

namespace weir {

struct Slope {
  double median = 0;  // per step of the series
  // 99.9 % confidence interval, for values without autocorrelation.
  double low = 0;
  double high = 0;

  // The interval lies on one side of zero.
  bool Certain() const { return low > 0 || high < 0; }
};

// Zero for fewer than three values. Takes memory and time in proportion to the square of the
// length.
Slope TheilSen(absl::Span<const double> values);

double Median(absl::Span<const double> values);  // 0 of none

}  // namespace weir
