// What an expression of a query is for one item, or for one group of items.
#pragma once

#include <simdjson.h>

#include "absl/types/span.h"

#include "backends/cosmos/emulator/sql/syntax.h"
#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

struct Scope {
  Value item;                          // what FROM's alias stands for
  absl::Span<const Value> group_keys;  // by slot; of the group
  absl::Span<const Value> aggregates;  // by slot; finished
};

Value Evaluate(const Expression& expression, const Scope& scope);

// Whether a filter lets the item through: it is true, neither false nor undefined.
inline bool Holds(const Expression& filter, const Scope& scope) {
  return Evaluate(filter, scope).IsTrue();
}

// What SELECT makes of the scope; undefined when the row is to be left out.
Value Project(const Query& query, const Scope& scope);

}  // namespace weir::cosmos::emulator::sql
