// Response times over all planned operations (R8): an operation that did not succeed, for whatever
// reason, counts as infinitely slow. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "measure/tally.h"

namespace weir {

// Operations of which we know what became of them: settled or known to be unsent.
uint64_t EndedOperations(const v1::Tally& counts);

// Planned operations; of one second, those that ended in it when they are more.
uint64_t OperationsOf(const v1::Tally& counts);

// Operations without success: failed, refused, unknown, unsent, lost with their agent.
uint64_t Unsuccessful(const v1::Tally& counts);

class PlannedResponse {
 public:
  explicit PlannedResponse(const Tally& tally);

  // In nanoseconds; infinity when fewer than q of all operations succeeded; nothing when there are
  // too few operations for this quantile (Histogram::CanReport).
  std::optional<double> Quantile(double q) const;

  // As Quantile, however few operations there are; nothing only when there are none.
  std::optional<double> RoughQuantile(double q) const;

 private:
  Histogram all_;  // the unsuccessful ones stand at Histogram::kHighest
  uint64_t slowest_success_ns_;
};

}  // namespace weir
