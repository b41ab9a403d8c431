// Finds the charge model's coefficients from what requests cost. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "backends/cosmos/calibration/observation.h"

namespace weir::cosmos {

struct FittedCoefficient {
  std::string_view name;
  double before = 0;
  double after = 0;         // = before when not determined
  double error = 0;         // standard error of `after`; 0: exact, or not known
  bool determined = false;  // the observations say something of it
};

// How well the fitted model gives the charges of one kind of request.
struct KindFit {
  Charged what = Charged::kRead;
  int observations = 0;
  double median_error = 0;  // absolute, relative to the measured charge
  double worst_error = 0;
  double worst_ru = 0;  // the largest absolute difference, in RU
};

struct ChargeFit {
  ChargeCoefficients coefficients;
  std::vector<FittedCoefficient> changes;  // one per coefficient, in their order
  std::vector<KindFit> kinds;              // those that were observed
};

// The largest grid on which all but a few of the charges lie, which are known to a hundredth of an
// RU; 0 when there is none of at least 0.05.
double FindQuantum(const std::vector<double>& charges);

// Coefficients that nothing was observed of keep their value in `before`.
ChargeFit FitCharges(const std::vector<Observation>& observations,
                     const ChargeCoefficients& before);

}  // namespace weir::cosmos
