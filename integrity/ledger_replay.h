// From a run's ledger to the records that a target must hold: every operation that was
// acknowledged, or whose effect is unknown, is made again from the plan. Pure but for the store.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "absl/status/statusor.h"
#include "integrity/expected_records.h"

#include "generators/dataset.h"
#include "generators/operation_plan.h"
#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

// Of a dead letter that was sent again: what became of it. By leg, stage and index in the plan.
using Replayed = std::map<std::tuple<uint32_t, v1::Phase, uint64_t>, bool>;

struct ReplayedLedger {
  ExpectedRecords records;
  bool from_load = false;      // the run made the table: nothing else can be in it
  bool may_hold_more = false;  // an agent was lost in a closed loop: how far it came is unknown
  uint64_t acknowledged = 0;   // operations
  uint64_t unknown = 0;
};

// kFailedPrecondition when the run kept no ledger, as those of older versions.
absl::StatusOr<ReplayedLedger> ReplayLedger(const v1::RunResult& run, const std::string& target,
                                            const Dataset& dataset, const Replayed& replayed,
                                            const ResultsStore& store);

// The plan of a leg's stage: PHASE_LOAD, or PHASE_MEASURE for warm-up and measure.
absl::StatusOr<std::unique_ptr<OperationPlan>> PlanOf(const v1::RunResult& run, const v1::Leg& leg,
                                                      v1::Phase stage, const Dataset& dataset);

}  // namespace weir
