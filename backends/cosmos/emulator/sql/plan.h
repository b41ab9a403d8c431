// How a client is to run a query over several partitions: what to send to each, and how to merge
// what they answer. The JSON that the official SDKs take from the query-plan endpoint.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

// Ranges of effective partition keys that hold all a query can find: whole when empty.
struct PlannedRange {
  std::string min;
  std::string max;
  bool is_max_inclusive = false;
};

// client_features: what the client says it can merge (x-ms-cosmos-supported-query-features); a
// query that needs more is refused. kInvalidArgument for what no client can merge.
absl::StatusOr<std::string> PlanJson(const Query& query, std::string_view client_features,
                                     const PlannedRange& range);

}  // namespace weir::cosmos::emulator::sql
