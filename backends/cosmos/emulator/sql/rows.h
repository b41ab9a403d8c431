// From the tuples that FROM and JOIN make to the rows of a query. Used for subqueries, and by the
// emulator for what it collects over a partition.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "backends/cosmos/emulator/sql/aggregate.h"
#include "backends/cosmos/emulator/sql/evaluate.h"
#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

// Binds the sources from `first` on, one combination after the other, and calls visit for those for
// which WHERE holds; visit returns false to stop, and then so does this.
bool ForEachTuple(const Query& query, const Scope& scope, size_t first,
                  const std::function<bool()>& visit);

// One text for equal values, whatever the order of their members; "" for undefined.
std::string Canonical(const Value& value);

// Takes tuples and makes rows of them: grouped, distinct, within TOP or OFFSET LIMIT. Rows come in
// the order in which their first tuple came.
class RowCollector {
 public:
  explicit RowCollector(const Query& query);

  // The tuple that is bound in the scope. False when more of them cannot change the rows.
  bool Add(const Scope& scope);
  // Owned by nobody but the caller. Once, after the last tuple.
  std::vector<Value> Finish(const Scope& scope);

 private:
  struct Group {
    std::vector<Value> keys;
    std::vector<Accumulator> accumulators;
  };
  void AddGroup(std::vector<Value> keys);
  void AddToGroup(const Scope& scope);
  bool AddRow(Value row);

  const Query& query_;
  int64_t found_ = 0;  // rows, those before OFFSET included
  int64_t first_ = 0;
  int64_t end_;
  std::vector<Value> rows_;
  absl::flat_hash_set<std::string> seen_;
  std::vector<Group> groups_;
  absl::flat_hash_map<std::string, size_t> by_key_;
};

// All rows of a subquery, whose FROM needs no container.
std::vector<Value> Rows(const Query& query, const Scope& scope);

}  // namespace weir::cosmos::emulator::sql
