// One line of every table: one operation of one leg in one phase, with its numbers decoded. Refers
// to the run it was made from, which must outlive it.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "measure/tally.h"
#include "proto/results.pb.h"

namespace weir {

struct ResultRow {
  const v1::RunResult& run;
  const v1::Leg& leg;
  v1::Phase phase;
  const v1::OperationFacts* facts;  // null for the load and for the sum over operations
  std::string operation;            // "load", the operation's name, or "all operations"
  double seconds;                   // length of the phase; 0 when unknown
  double timeout_us;                // of the scenario; 0 when unknown
  Tally tally;
};

// Load and measure rows, leg by leg. Visits all that can be read and returns the first error
// (a histogram that does not decode).
absl::Status ForEachResultRow(const v1::RunResult& run,
                              absl::FunctionRef<void(const ResultRow&)> visit);
absl::Status ForEachResultRow(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase,
                              absl::FunctionRef<void(const ResultRow&)> visit);

// The sum over all operations of the phase.
absl::StatusOr<ResultRow> TotalRow(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase);

// One agent's part of a phase, all operations summed.
absl::StatusOr<ResultRow> AgentRow(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase,
                                   uint32_t agent);

bool HasPhase(const v1::Leg& leg, v1::Phase phase);
bool HasCharge(const v1::Leg& leg);  // the target counts request units

// Null when the campaign does not hold it (a damaged or foreign run).
const v1::Scenario* ScenarioOf(const v1::RunResult& run, const v1::Leg& leg);

// "load", "warm_up", "measure".
std::string PhaseName(v1::Phase phase);

std::string OperationName(const v1::Leg& leg, v1::Phase phase, uint32_t operation);

}  // namespace weir
