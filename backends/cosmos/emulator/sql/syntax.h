// The syntax tree of a query. Owned by its Query; immutable once parsed and analysed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

struct Function;

enum class Operator : uint8_t {
  kOr,
  kAnd,
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kConcatenate,
  kBitOr,
  kBitXor,
  kBitAnd,
  kBitNot,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kMinus,
  kPlus,
  kCoalesce,
};

enum class AggregateFunction : uint8_t { kCount, kSum, kMin, kMax, kAverage };

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
  enum class Kind : uint8_t {
    kLiteral,      // literal; name is the parameter it came from, if any
    kAlias,        // name: the item itself
    kProperty,     // children[0].name
    kIndex,        // children[0][children[1]]
    kUnary,        // op children[0]
    kBinary,       // children[0] op children[1]
    kBetween,      // children[0] between children[1] and children[2]
    kIn,           // children[0] in (children[1], …)
    kLike,         // children[0] like children[1] [escape children[2]]
    kConditional,  // children[0] ? children[1] : children[2]
    kCall,         // name(children…)
    kAggregate,    // aggregate(children[0]); slot: which of the query's aggregates
    kGroupKey,     // slot: which of GROUP BY's expressions; children[0] as it was written
    kArray,        // [children…]
    kObject,       // {keys[i]: children[i]}
  };

  Kind kind;
  size_t position = 0;
  Value literal;
  std::string name;
  Operator op = Operator::kOr;
  bool negated = false;  // NOT IN, NOT BETWEEN, NOT LIKE
  AggregateFunction aggregate = AggregateFunction::kCount;
  const Function* function = nullptr;
  int slot = -1;
  std::vector<std::string> keys;
  std::vector<ExpressionPtr> children;
};

struct SelectItem {
  ExpressionPtr expression;
  std::string alias;  // as written, or the property's name, or "$1", "$2", …
};

struct OrderItem {
  ExpressionPtr expression;
  bool descending = false;
};

struct Query {
  bool distinct = false;
  std::optional<int64_t> top;
  bool select_all = false;    // SELECT *
  bool select_value = false;  // SELECT VALUE e: one item, no alias
  std::vector<SelectItem> select;
  std::string alias = "root";  // of the item, in FROM
  bool has_from = false;
  ExpressionPtr where;
  std::vector<ExpressionPtr> group_by;
  std::vector<OrderItem> order_by;
  std::optional<int64_t> offset;
  std::optional<int64_t> limit;

  // Filled by analysis: every aggregate call of SELECT, in the order of its slot.
  std::vector<const Expression*> aggregates;

  bool IsGrouped() const { return !group_by.empty() || !aggregates.empty(); }
};

}  // namespace weir::cosmos::emulator::sql
