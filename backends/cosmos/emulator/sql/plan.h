// How a client is to run a query over several partitions: what to send to each, and how to merge
// what they answer. The JSON that the official SDKs take from the query-plan endpoint.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

// The query must have been analysed. kInvalidArgument for what clients cannot merge.
absl::StatusOr<std::string> PlanJson(const Query& query);

}  // namespace weir::cosmos::emulator::sql
