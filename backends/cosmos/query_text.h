// A query in Cosmos DB's SQL. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/types/span.h"

#include "backends/api/record.h"
#include "backends/cosmos/document.h"

namespace weir::cosmos {

// How the rows of the pages become the answer.
enum class MergeKind : uint8_t {
  kCounted,  // rows count as they come
  kOrdered,  // several partitions, each in order
  kGrouped,  // partial groups, or the rows to be grouped
};

// The same text goes to each partition.
struct QueryPlan {
  const QuerySpec* spec;
  std::string text;
  int key_parameter;  // the parameter that fixes the partition key; −1: all partitions
  MergeKind merge;
  bool groups_here = false;  // grouped, but each row is one document
};

// Rows have the properties that the query selects; grouped ones k0, k1, … for the keys and a0, a1,
// … for the aggregates.
//
// Cosmos DB has no percentile. With kP95 among the aggregates the keys and values of all matching
// documents are fetched, which is what an application has to do.
QueryPlan PlanQuery(const DocumentForm& form, const QuerySpec& spec);

// Appends the request's body: {"query":…,"parameters":[…]}.
void AppendQueryBody(const QueryPlan& plan, absl::Span<const Value> parameters, std::string* out);

}  // namespace weir::cosmos
