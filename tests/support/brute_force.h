// Queries answered the slow and obvious way, over records in memory: the oracle for backends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

#include "backends/api/record.h"

namespace weir {

// Rows that `query` answers over records first … first+count−1 (revision 0) of `source`.
uint32_t BruteForceRows(const RecordSource& source, uint64_t first, uint64_t count,
                        const QuerySpec& query, absl::Span<const Value> parameters);

// The rows of a grouped query, in its order and within its limit: keys (a minute in microseconds),
// then aggregates (of integer fields), as text.
std::vector<std::vector<std::string>> BruteForceGroups(const RecordSource& source, uint64_t first,
                                                       uint64_t count, const QuerySpec& query,
                                                       absl::Span<const Value> parameters);

}  // namespace weir
