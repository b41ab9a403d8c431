// The syntax tree of a query. Owned by its Query; immutable once parsed, resolved and analysed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/cosmos/emulator/sql/error.h"
#include "backends/cosmos/emulator/sql/value.h"

namespace weir::cosmos::emulator::sql {

struct Function;
struct Query;

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
  kShiftLeft,
  kShiftRight,
  kShiftRightZero,  // >>>
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kMinus,
  kPlus,
  kCoalesce,
};

enum class AggregateFunction : uint8_t {
  kCount,
  kCountIf,
  kSum,
  kMin,
  kMax,
  kAverage,
  kMakeList,
  kMakeSet,
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
  enum class Kind : uint8_t {
    kLiteral,        // literal; name is the parameter it came from, if any
    kAlias,          // name; slot: which binding of FROM
    kProperty,       // children[0].name
    kIndex,          // children[0][children[1]]
    kUnary,          // op children[0]
    kBinary,         // children[0] op children[1]
    kBetween,        // children[0] between children[1] and children[2]
    kIn,             // children[0] in (children[1], …)
    kLike,           // children[0] like children[1] [escape children[2]]
    kConditional,    // children[0] ? children[1] : children[2]
    kCall,           // name(children…)
    kAggregate,      // aggregate(children[0]); slot: which of the query's aggregates
    kGroupKey,       // slot: which of GROUP BY's expressions; children[0] as it was written
    kArray,          // [children…]
    kObject,         // {keys[i]: children[i]}
    kSubquery,       // (query): its one row
    kExists,         // EXISTS(query)
    kArraySubquery,  // ARRAY(query)
  };

  Expression();
  ~Expression();
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  Kind kind = Kind::kLiteral;
  Extent extent;
  Value literal;
  std::string name;
  Operator op = Operator::kOr;
  bool negated = false;  // NOT IN, NOT BETWEEN, NOT LIKE
  AggregateFunction aggregate = AggregateFunction::kCount;
  const Function* function = nullptr;
  int slot = -1;
  int height = 1;  // of the tree that begins here: what evaluation recurses through
  std::vector<std::string> keys;
  std::vector<ExpressionPtr> children;
  std::unique_ptr<Query> query;
};

struct SelectItem {
  ExpressionPtr expression;
  std::string alias;      // as written, or the property's name, or "$1", "$2", …
  bool is_named = false;  // by the query's text, not by its place
  bool spread = false;    // alias.*: every member of the expression
};

struct OrderItem {
  ExpressionPtr expression;
  bool descending = false;
};

// One input of FROM or JOIN, which binds a name to one value after the other.
struct Source {
  std::string alias;  // empty: it cannot be referred to
  Extent extent;
  ExpressionPtr collection;  // null: the container itself. A path, or a kSubquery
  bool iterates = false;     // alias IN collection: the elements of the arrays
  int slot = -1;             // which binding; 0 is the item
};

struct Query {
  Extent extent;
  bool distinct = false;
  std::optional<int64_t> top;
  bool select_all = false;    // SELECT *
  bool select_value = false;  // SELECT VALUE e: one item, no alias
  std::vector<SelectItem> select;
  std::vector<Source> sources;  // none: no FROM
  ExpressionPtr where;
  std::vector<ExpressionPtr> group_by;
  std::vector<OrderItem> order_by;
  std::optional<int64_t> offset;
  std::optional<int64_t> limit;

  // Filled by Analyse.
  std::vector<const Expression*> aggregates;  // every call in SELECT, in the order of its slot
  int bindings = 1;                           // of the whole query, subqueries included
  bool reads_container = false;               // the first source leads to the container

  bool IsGrouped() const { return !group_by.empty() || !aggregates.empty(); }
  // Rows depend on more than the tuple they come from.
  bool IsCollected() const { return IsGrouped() || distinct || !order_by.empty() || top || offset; }
  // FROM (SELECT …): the subquery that stands for the container; null when the container stands
  // there itself.
  const Query* Inner() const {
    if (sources.empty() || sources[0].collection == nullptr) return nullptr;
    const Query* inner = sources[0].collection->query.get();
    return inner != nullptr && inner->reads_container ? inner : nullptr;
  }
};

}  // namespace weir::cosmos::emulator::sql
