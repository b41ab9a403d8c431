// How many operations of which kind a scenario will do: from its plan, before anything runs. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "generators/dataset.h"
#include "generators/operation_plan.h"
#include "proto/campaign.pb.h"

namespace weir {

// Of one operation of the mix.
struct PlannedCounts {
  uint64_t warm_up = 0;
  uint64_t measure = 0;
  uint64_t total() const { return warm_up + measure; }
};

struct OperationCounts {
  std::vector<OperationType> types;
  std::vector<PlannedCounts> counts;  // of each type; empty for a closed loop, which has no plan
  uint64_t operations = 0;            // of all types, warm-up and measure
  uint64_t busiest_second = 0;        // operations due in it
  bool exact = true;                  // false: a long plan, shared out by weight
};

// For a scenario with a measure phase.
absl::StatusOr<OperationCounts> CountOperations(const v1::Campaign& campaign,
                                                const v1::Scenario& scenario,
                                                const Dataset& dataset);

}  // namespace weir
