// What can be read from a syntax tree before it runs: whether it makes sense, what an index could
// serve, what would have to be merged across partitions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

// Numbers the aggregates, ties SELECT to GROUP BY, in subqueries too. An error (error.h) for a
// query that makes no sense. Names must have been resolved.
absl::Status Analyse(Query* query);

// {"user", "id"} for c.user.id or c["user"]["id"], c being the item; nothing for any other
// expression.
std::optional<std::vector<std::string>> PathOf(const Expression& expression);

// The parts of a filter that are joined by AND; none for no filter.
std::vector<const Expression*> Conjuncts(const Expression* filter);

// Comparisons and calls in a filter, those below AND, OR and NOT counted each.
int CountPredicates(const Expression* filter);

// Whether indexes on the covered paths find the items for which the filter is true.
using Covers = std::function<bool(const std::vector<std::string>&)>;
bool IsServedByIndex(const Expression& filter, const Covers& covers);

// c.path = literal, either way round.
struct EqualityFilter {
  std::vector<std::string> path;
  Value value;
};
std::optional<EqualityFilter> EqualityOf(const Expression& conjunct);

// Whether the expression needs more of FROM than the item: what JOIN binds.
bool UsesJoins(const Query& query, const Expression& expression);

// Whether the query reads properties that the server adds, or the item as a whole.
bool ReadsSystemProperties(const Query& query);

// Whether its result over several partitions is more than their results one after the other.
bool NeedsMerging(const Query& query);

}  // namespace weir::cosmos::emulator::sql
