// Response times over all planned operations (R8): an operation that did not succeed, for whatever
// reason, counts as infinitely slow. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "measure/tally.h"

namespace weir {

// Operations of a whole phase: the planned ones, so that those lost with their agent count too.
uint64_t OperationsOf(const v1::Tally& counts);

// Planned operations of a phase of which nothing is known, not even that they were lost. Zero, or
// the conservation equation does not hold (R42).
uint64_t Unaccounted(const v1::Tally& counts);

// Operations of a phase without success: failed, refused, unknown, unsent, lost.
uint64_t Unsuccessful(const v1::Tally& counts);

class PlannedResponse {
 public:
  // `operations` of which `successes` holds those that succeeded.
  PlannedResponse(const Histogram& successes, uint64_t operations);

  static PlannedResponse OfPhase(const Tally& tally) {
    return {tally.response, OperationsOf(tally.counts())};
  }

  // Of one second: over what ended in it. What was planned in it may end later, and well.
  static PlannedResponse OfSecond(const Tally& tally) {
    return {tally.response, Settled(tally.counts())};
  }

  // In nanoseconds; infinity when fewer than q of all operations succeeded; nothing when there are
  // too few operations for this quantile (Histogram::CanReport).
  std::optional<double> Quantile(double q) const;

  // As Quantile, from one operation beyond q on: to draw, not to quote.
  std::optional<double> RoughQuantile(double q) const;

 private:
  double ValueAt(double q) const;

  Histogram all_;  // the unsuccessful ones stand at Histogram::kHighest
  uint64_t slowest_success_ns_;
};

}  // namespace weir
