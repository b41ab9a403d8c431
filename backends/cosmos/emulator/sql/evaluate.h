// What an expression of a query is for one tuple of FROM's values, or for one group of them.
//
// The rules of undefined, from the documentation of the query language:
//   - A property or element that is not there is undefined, and so is what is made of undefined or
//     of a value of the wrong type by an operator or a function.
//   - = and != compare values of one type only, arrays and objects by content; <, <=, > and >=
//     scalars of one type only. Across types, or with undefined, the result is undefined. null is
//     a type of its own: null = null is true.
//   - AND: false wins, then undefined. OR: true wins, then undefined. NOT undefined is undefined.
//     An operand that is no boolean counts as undefined.
//   - x IN (…) is whether x is one of the values; x BETWEEN a AND b is a <= x AND x <= b.
//   - a ? b : c takes b only when a is true; a ?? b takes b only when a is undefined, not null.
//   - The type functions (IS_DEFINED, IS_NULL, …) answer true or false, of undefined too.
//   - WHERE keeps what is true. SELECT VALUE of undefined gives no row, SELECT leaves the property
//     out, an array constructor the element.
//   - Aggregates: aggregate.h.
#pragma once

#include <simdjson.h>

#include <cstdint>

#include "absl/types/span.h"

#include "backends/cosmos/emulator/sql/syntax.h"
#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

struct Scope {
  absl::Span<Value> bindings;          // by slot: what FROM's names stand for; 0 is the item
  absl::Span<const Value> group_keys;  // by slot; of the group
  absl::Span<const Value> aggregates;  // by slot; finished
  int64_t now_us = 0;                  // Unix time; one for the whole query
};

// Subqueries in the expression write to their own bindings.
Value Evaluate(const Expression& expression, const Scope& scope);

// Whether a filter lets the tuple through: it is true, neither false nor undefined.
inline bool Holds(const Expression& filter, const Scope& scope) {
  return Evaluate(filter, scope).IsTrue();
}

// What SELECT makes of the scope; undefined when the row is to be left out.
Value Project(const Query& query, const Scope& scope);

}  // namespace weir::cosmos::emulator::sql
