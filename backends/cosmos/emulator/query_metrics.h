// What a query tells about its own work: the headers x-ms-documentdb-query-metrics and
// x-ms-cosmos-index-utilization.
#pragma once

#include <cstdint>
#include <string>

#include "backends/cosmos/emulator/indexing_policy.h"
#include "backends/cosmos/emulator/prepared_query.h"
#include "backends/cosmos/emulator/query_run.h"

namespace weir::cosmos::emulator {

struct QueryTimes {
  int64_t compile_ns = 0;  // parsing and analysis
  int64_t execute_ns = 0;  // with loading the items
};

// "totalExecutionTimeInMs=…;…": measured times, counted items; what the emulator does not do as a
// step of its own is 0.
std::string QueryMetricsText(const QueryPage& page, const QueryTimes& times);

// {"UtilizedIndexes":…,"PotentialIndexes":…}, percent-encoded: the paths of WHERE and ORDER BY that
// an index of the policy serves, and those that one could serve.
std::string IndexUtilization(const PreparedQuery& prepared, const IndexingPolicy& policy);

}  // namespace weir::cosmos::emulator
