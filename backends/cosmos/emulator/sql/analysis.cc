#include "backends/cosmos/emulator/sql/analysis.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/sql/functions.h"
#include "backends/cosmos/emulator/sql/printer.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;

bool HasAggregate(const Expression& e) {
  return e.kind == Kind::kAggregate ||
         std::any_of(e.children.begin(), e.children.end(),
                     [](const ExpressionPtr& child) { return HasAggregate(*child); });
}

absl::Status RefuseAggregates(const Expression* e, std::string_view clause) {
  if (e == nullptr || !HasAggregate(*e)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("An aggregate cannot stand in ", std::string(clause)));
}

void NumberAggregates(Expression* e, std::vector<const Expression*>* aggregates) {
  if (e->kind == Kind::kAggregate) {
    e->slot = static_cast<int>(aggregates->size());
    aggregates->push_back(e);
    return;
  }
  for (const ExpressionPtr& child : e->children) NumberAggregates(child.get(), aggregates);
}

// Puts a kGroupKey in the place of every part that GROUP BY lists.
absl::Status TieToGroups(ExpressionPtr* place, const std::vector<std::string>& keys) {
  Expression* e = place->get();
  if (e->kind == Kind::kAggregate || e->kind == Kind::kLiteral) return absl::OkStatus();
  const auto found = std::find(keys.begin(), keys.end(), Print(*e));
  if (found != keys.end()) {
    auto key = std::make_unique<Expression>();
    key->kind = Kind::kGroupKey;
    key->position = e->position;
    key->slot = static_cast<int>(found - keys.begin());
    key->children.push_back(std::move(*place));
    *place = std::move(key);
    return absl::OkStatus();
  }
  if (e->kind == Kind::kAlias || e->kind == Kind::kProperty) {
    return absl::InvalidArgumentError(
        absl::StrCat("Property reference '", Print(*e),
                     "' is invalid in the select list because it is not contained in either an "
                     "aggregate function or the GROUP BY clause, at position ",
                     e->position));
  }
  for (ExpressionPtr& child : e->children) WEIR_RETURN_IF_ERROR(TieToGroups(&child, keys));
  return absl::OkStatus();
}

bool IsConstant(const Expression& e) {
  if (e.kind == Kind::kAlias || e.kind == Kind::kAggregate || e.kind == Kind::kGroupKey) {
    return false;
  }
  return std::all_of(e.children.begin(), e.children.end(),
                     [](const ExpressionPtr& child) { return IsConstant(*child); });
}

bool IsComparison(Operator op) { return op >= Operator::kEqual && op <= Operator::kGreaterOrEqual; }

bool ReadsSystem(const Expression& e) {
  if (e.kind == Kind::kAlias) return true;  // as a whole: its parents handled what is a path
  if (e.kind == Kind::kProperty && e.children[0]->kind == Kind::kAlias) return e.name[0] == '_';
  return std::any_of(e.children.begin(), e.children.end(),
                     [](const ExpressionPtr& child) { return ReadsSystem(*child); });
}

}  // namespace

absl::Status Analyse(Query* query) {
  WEIR_RETURN_IF_ERROR(RefuseAggregates(query->where.get(), "WHERE"));
  for (const auto& key : query->group_by) {
    WEIR_RETURN_IF_ERROR(RefuseAggregates(key.get(), "GROUP BY"));
  }
  for (const auto& item : query->order_by) {
    WEIR_RETURN_IF_ERROR(RefuseAggregates(item.expression.get(), "ORDER BY"));
  }
  if (!query->has_from && query->select_all) {
    return absl::InvalidArgumentError("SELECT * needs FROM");
  }
  for (SelectItem& item : query->select) {
    NumberAggregates(item.expression.get(), &query->aggregates);
  }
  if (!query->IsGrouped()) return absl::OkStatus();
  if (query->select_all) return absl::InvalidArgumentError("SELECT * cannot be used with GROUP BY");
  std::vector<std::string> keys;
  for (const auto& key : query->group_by) keys.push_back(Print(*key));
  for (SelectItem& item : query->select) {
    WEIR_RETURN_IF_ERROR(TieToGroups(&item.expression, keys));
  }
  return absl::OkStatus();
}

std::optional<std::vector<std::string>> PathOf(const Expression& e) {
  if (e.kind == Kind::kAlias) return std::vector<std::string>();
  if (e.kind != Kind::kProperty && e.kind != Kind::kIndex) return std::nullopt;
  auto path = PathOf(*e.children[0]);
  if (!path) return std::nullopt;
  if (e.kind == Kind::kProperty) {
    path->push_back(e.name);
    return path;
  }
  const Expression& index = *e.children[1];
  if (index.kind != Kind::kLiteral || index.literal.type() != Value::Type::kString) {
    return std::nullopt;
  }
  path->emplace_back(index.literal.text());
  return path;
}

std::vector<const Expression*> Conjuncts(const Expression* filter) {
  if (filter == nullptr) return {};
  if (filter->kind != Kind::kBinary || filter->op != Operator::kAnd) return {filter};
  std::vector<const Expression*> parts = Conjuncts(filter->children[0].get());
  const auto more = Conjuncts(filter->children[1].get());
  parts.insert(parts.end(), more.begin(), more.end());
  return parts;
}

int CountPredicates(const Expression* filter) {
  if (filter == nullptr || filter->kind == Kind::kLiteral) return 0;
  const bool joins = filter->kind == Kind::kBinary &&
                     (filter->op == Operator::kAnd || filter->op == Operator::kOr);
  const bool inverts = filter->kind == Kind::kUnary && filter->op == Operator::kNot;
  if (!joins && !inverts) return 1;
  int count = 0;
  for (const ExpressionPtr& child : filter->children) count += CountPredicates(child.get());
  return count;
}

bool IsServedByIndex(const Expression& e, const Covers& covers) {
  const auto is_covered = [&](const Expression& operand) {
    const auto path = PathOf(operand);
    return path && !path->empty() && covers(*path);
  };
  const auto rest_is_constant = [&](size_t from) {
    return std::all_of(e.children.begin() + static_cast<ptrdiff_t>(from), e.children.end(),
                       [](const ExpressionPtr& child) { return IsConstant(*child); });
  };
  switch (e.kind) {
    case Kind::kLiteral:
      return true;
    case Kind::kBinary: {
      const Expression& left = *e.children[0];
      const Expression& right = *e.children[1];
      if (e.op == Operator::kAnd || e.op == Operator::kOr) {
        return IsServedByIndex(left, covers) && IsServedByIndex(right, covers);
      }
      if (!IsComparison(e.op)) return false;
      return (is_covered(left) && IsConstant(right)) || (is_covered(right) && IsConstant(left)) ||
             (IsConstant(left) && IsConstant(right));
    }
    case Kind::kUnary:
      return e.op == Operator::kNot && IsServedByIndex(*e.children[0], covers);
    case Kind::kBetween:
    case Kind::kIn:
      return is_covered(*e.children[0]) && rest_is_constant(1);
    case Kind::kCall:
      return e.function->served_by_index && is_covered(*e.children[0]) && rest_is_constant(1);
    default:
      return false;
  }
}

std::optional<EqualityFilter> EqualityOf(const Expression& e) {
  if (e.kind != Kind::kBinary || e.op != Operator::kEqual) return std::nullopt;
  for (const size_t side : {0, 1}) {
    const Expression& literal = *e.children[1 - side];
    if (literal.kind != Kind::kLiteral) continue;
    const Value::Type type = literal.literal.type();
    if (type == Value::Type::kUndefined || type >= Value::Type::kArray) continue;
    auto path = PathOf(*e.children[side]);
    if (path && !path->empty()) return EqualityFilter{*std::move(path), literal.literal};
  }
  return std::nullopt;
}

bool ReadsSystemProperties(const Query& query) {
  const auto reads = [](const ExpressionPtr& e) { return e != nullptr && ReadsSystem(*e); };
  return reads(query.where) ||
         std::any_of(query.select.begin(), query.select.end(),
                     [&](const SelectItem& item) { return reads(item.expression); }) ||
         std::any_of(query.group_by.begin(), query.group_by.end(), reads) ||
         std::any_of(query.order_by.begin(), query.order_by.end(),
                     [&](const OrderItem& item) { return reads(item.expression); });
}

bool NeedsMerging(const Query& query) {
  return query.IsGrouped() || query.distinct || !query.order_by.empty() || query.top ||
         query.offset;
}

}  // namespace weir::cosmos::emulator::sql
