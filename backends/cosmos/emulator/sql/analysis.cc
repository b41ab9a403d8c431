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

// Whether one of the expression's parts, itself included, passes the test; not in subqueries.
template <typename Test>
bool AnyPart(const Expression& e, Test test) {
  return test(e) || std::any_of(e.children.begin(), e.children.end(),
                                [&](const ExpressionPtr& child) { return AnyPart(*child, test); });
}

// Calls visit for every expression that stands in a clause of the query itself.
template <typename Visit>
void ForEachClause(const Query& query, Visit visit) {
  for (const SelectItem& item : query.select) visit(*item.expression);
  for (const Source& source : query.sources) {
    if (source.collection != nullptr) visit(*source.collection);
  }
  if (query.where != nullptr) visit(*query.where);
  for (const ExpressionPtr& key : query.group_by) visit(*key);
  for (const OrderItem& item : query.order_by) visit(*item.expression);
}

// ---------------------------------------------------------------------------------- analysing

class Analyst {
 public:
  absl::Status Run(Query* query, bool is_subquery) {
    WEIR_RETURN_IF_ERROR(CheckSubqueries(query));
    WEIR_RETURN_IF_ERROR(CheckClauses(*query, is_subquery));
    WEIR_RETURN_IF_ERROR(CheckSelectAll(*query));
    for (SelectItem& item : query->select) {
      WEIR_RETURN_IF_ERROR(NumberAggregates(item.expression.get(), &query->aggregates));
    }
    if (!query->IsGrouped()) return absl::OkStatus();
    std::vector<std::string> keys;
    for (const auto& key : query->group_by) keys.push_back(Print(*key));
    for (SelectItem& item : query->select) {
      WEIR_RETURN_IF_ERROR(TieToGroups(&item.expression, keys));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CheckSubqueries(Query* query) {
    absl::Status status;
    const std::function<void(Expression&)> check = [&](Expression& e) {
      if (e.query != nullptr && status.ok()) status = Run(e.query.get(), true);
      for (const ExpressionPtr& child : e.children) check(*child);
    };
    ForEachClause(*query, [&](const Expression& e) { check(const_cast<Expression&>(e)); });
    WEIR_RETURN_IF_ERROR(status);
    for (const SelectItem& item : query->select) CheckScalars(*item.expression, &status);
    if (query->where != nullptr) CheckScalars(*query->where, &status);
    return status;
  }

  // A subquery that stands for one value may not give several.
  static void CheckScalars(const Expression& e, absl::Status* status) {
    if (e.kind == Kind::kSubquery && status->ok()) {
      const Query& query = *e.query;
      const bool one_row = query.group_by.empty() && !query.aggregates.empty();
      const bool limited = (query.top && *query.top <= 1) || (query.limit && *query.limit <= 1);
      const bool iterates = std::any_of(query.sources.begin(), query.sources.end(), [](auto& s) {
        return s.iterates || (s.collection != nullptr && s.collection->query != nullptr);
      });
      if (iterates && !one_row && !limited) {
        *status = QueryError(
            "SC2070", "The cardinality of a scalar subquery result set cannot be greater than one.",
            e.extent);
      }
    }
    for (const ExpressionPtr& child : e.children) CheckScalars(*child, status);
  }

  static absl::Status RefuseAggregates(const Expression& e, std::string_view clause) {
    const bool found = AnyPart(e, [](const Expression& p) { return p.kind == Kind::kAggregate; });
    if (!found) return absl::OkStatus();
    return QueryError(
        "SC2101",
        absl::StrCat("An aggregate function is not allowed in ", std::string(clause), "."),
        e.extent);
  }

  static absl::Status CheckClauses(const Query& query, bool is_subquery) {
    if (query.where != nullptr) {
      WEIR_RETURN_IF_ERROR(RefuseAggregates(*query.where, "the WHERE clause"));
    }
    for (const Source& source : query.sources) {
      if (source.collection == nullptr) continue;
      WEIR_RETURN_IF_ERROR(RefuseAggregates(*source.collection, "the FROM clause"));
    }
    for (const auto& key : query.group_by) {
      WEIR_RETURN_IF_ERROR(RefuseAggregates(*key, "the GROUP BY clause"));
    }
    for (const auto& item : query.order_by) {
      WEIR_RETURN_IF_ERROR(RefuseAggregates(*item.expression, "the ORDER BY clause"));
      if (is_subquery) {
        return QueryError("SC2203", "'ORDER BY' is not supported in subqueries.",
                          item.expression->extent);
      }
      if (!query.group_by.empty()) {
        return QueryError("SC2105", "'ORDER BY' is not supported together with 'GROUP BY'.",
                          item.expression->extent);
      }
    }
    return absl::OkStatus();
  }

  static absl::Status CheckSelectAll(const Query& query) {
    if (!query.select_all) return absl::OkStatus();
    if (query.sources.empty()) {
      return QueryError("SC2040", "'SELECT *' is not valid if FROM clause is omitted.",
                        query.extent);
    }
    if (query.sources.size() > 1) {
      return QueryError("SC2041", "'SELECT *' is only valid with a single input set.",
                        query.extent);
    }
    if (!query.group_by.empty()) {
      return QueryError("SC2103", "'SELECT *' is not valid together with 'GROUP BY'.",
                        query.extent);
    }
    return absl::OkStatus();
  }

  static absl::Status NumberAggregates(Expression* e, std::vector<const Expression*>* aggregates) {
    if (e->kind == Kind::kAggregate) {
      WEIR_RETURN_IF_ERROR(RefuseAggregates(*e->children[0], "another aggregate function"));
      e->slot = static_cast<int>(aggregates->size());
      aggregates->push_back(e);
      return absl::OkStatus();
    }
    for (const ExpressionPtr& child : e->children) {
      WEIR_RETURN_IF_ERROR(NumberAggregates(child.get(), aggregates));
    }
    return absl::OkStatus();
  }

  // Puts a kGroupKey in the place of every part that GROUP BY lists.
  static absl::Status TieToGroups(ExpressionPtr* place, const std::vector<std::string>& keys) {
    Expression* e = place->get();
    if (e->kind == Kind::kAggregate || e->kind == Kind::kLiteral) return absl::OkStatus();
    const auto found = std::find(keys.begin(), keys.end(), Print(*e));
    if (found != keys.end()) {
      auto key = std::make_unique<Expression>();
      key->kind = Kind::kGroupKey;
      key->extent = e->extent;
      key->name = e->name;
      key->height = e->height + 1;
      key->slot = static_cast<int>(found - keys.begin());
      key->children.push_back(std::move(*place));
      *place = std::move(key);
      return absl::OkStatus();
    }
    if (e->kind == Kind::kAlias || e->kind == Kind::kProperty || e->query != nullptr) {
      const char* what = e->query != nullptr ? "Subquery '" : "Property reference '";
      return QueryError(
          "SC2102",
          absl::StrCat(what, Print(*e),
                       "' is invalid in the select list because it is not contained in either an "
                       "aggregate function or the GROUP BY clause."),
          e->extent);
    }
    for (ExpressionPtr& child : e->children) WEIR_RETURN_IF_ERROR(TieToGroups(&child, keys));
    return absl::OkStatus();
  }
};

bool IsConstant(const Expression& e) {
  return !AnyPart(e, [](const Expression& part) {
    return part.kind == Kind::kAlias || part.kind == Kind::kAggregate ||
           part.kind == Kind::kGroupKey || part.query != nullptr;
  });
}

bool IsComparison(Operator op) { return op >= Operator::kEqual && op <= Operator::kGreaterOrEqual; }

bool ReadsSystem(const Expression& e) {
  if (e.kind == Kind::kAlias) return e.slot == 0;  // as a whole: parents handled what is a path
  if (e.kind == Kind::kProperty && e.children[0]->kind == Kind::kAlias) {
    return e.children[0]->slot == 0 && e.name[0] == '_';
  }
  return (e.query != nullptr && ReadsSystemProperties(*e.query)) ||
         std::any_of(e.children.begin(), e.children.end(),
                     [](const ExpressionPtr& child) { return ReadsSystem(*child); });
}

bool UsesSlots(const Expression& e, const std::vector<int>& slots) {
  bool uses = AnyPart(e, [&](const Expression& part) {
    return part.kind == Kind::kAlias &&
           std::find(slots.begin(), slots.end(), part.slot) != slots.end();
  });
  AnyPart(e, [&](const Expression& part) {
    if (part.query == nullptr) return false;
    ForEachClause(*part.query, [&](const Expression& clause) { uses |= UsesSlots(clause, slots); });
    return false;
  });
  return uses;
}

}  // namespace

absl::Status Analyse(Query* query) { return Analyst().Run(query, false); }

std::optional<std::vector<std::string>> PathOf(const Expression& e) {
  if (e.kind == Kind::kAlias && e.slot == 0) return std::vector<std::string>();
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
  std::vector<const Expression*> parts;
  while (filter->kind == Kind::kBinary && filter->op == Operator::kAnd) {
    const auto more = Conjuncts(filter->children[1].get());
    parts.insert(parts.begin(), more.begin(), more.end());
    filter = filter->children[0].get();
  }
  parts.insert(parts.begin(), filter);
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

bool UsesJoins(const Query& query, const Expression& expression) {
  std::vector<int> slots;
  for (const Source& source : query.sources) {
    if (source.slot != 0) slots.push_back(source.slot);
  }
  return !slots.empty() && UsesSlots(expression, slots);
}

bool ReadsSystemProperties(const Query& query) {
  bool reads = query.select_all && query.IsCollected();
  ForEachClause(query, [&](const Expression& e) { reads |= ReadsSystem(e); });
  // Below a subquery in FROM the item as a whole is what its SELECT * gives.
  const Query* inner = query.Inner();
  return reads || (inner != nullptr && inner->select_all);
}

bool NeedsMerging(const Query& query) {
  return query.IsCollected() || (query.Inner() != nullptr && NeedsMerging(*query.Inner()));
}

}  // namespace weir::cosmos::emulator::sql
