#include "backends/cosmos/emulator/sql/plan.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/sql/analysis.h"
#include "backends/cosmos/emulator/sql/printer.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;

// The client puts `true`, or where to resume, in its place.
constexpr char kOrderFilter[] = "{documentdb-formattableorderbyquery-filter}";

std::string_view ClientName(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::kCount:
      return "Count";
    case AggregateFunction::kCountIf:
      return "CountIf";
    case AggregateFunction::kMakeList:
      return "MakeList";
    case AggregateFunction::kMakeSet:
      return "MakeSet";
    case AggregateFunction::kSum:
      return "Sum";
    case AggregateFunction::kMin:
      return "Min";
    case AggregateFunction::kMax:
      return "Max";
    case AggregateFunction::kAverage:
      return "Average";
  }
  return "";
}

std::string JsonList(const std::vector<std::string>& texts) {
  return absl::StrCat("[",
                      absl::StrJoin(texts, ",",
                                    [](std::string* out, const std::string& text) {
                                      out->append(JsonString(text));
                                    }),
                      "]");
}

// A partition's share of an aggregate, so that shares can be added up: [{"item": …}] of the plan.
std::string Share(const Expression& aggregate) {
  const std::string argument = Print(*aggregate.children[0]);
  const std::string call = Print(aggregate);
  const std::string count = absl::StrCat("COUNT(", argument, ")");
  switch (aggregate.aggregate) {
    case AggregateFunction::kAverage:
      return absl::StrCat(R"({"item": {"sum": SUM()", argument, R"(), "count": )", count, "}}");
    case AggregateFunction::kMin:
      return absl::StrCat(R"({"item": )", call, R"(, "item2": {"min": )", call, R"(, "count": )",
                          count, "}}");
    case AggregateFunction::kMax:
      return absl::StrCat(R"({"item": )", call, R"(, "item2": {"max": )", call, R"(, "count": )",
                          count, "}}");
    default:
      return absl::StrCat(R"({"item": )", call, "}");
  }
}

bool HasAggregate(const Expression& e) {
  if (e.kind == Kind::kAggregate) return true;
  for (const ExpressionPtr& child : e.children) {
    if (HasAggregate(*child)) return true;
  }
  return false;
}

// A distinct order: rows that are alike come one after the other when SELECT is what is ordered by.
bool IsDistinctOrdered(const Query& query) {
  if (query.order_by.empty() || query.select_all) return false;
  std::vector<std::string> ordered;
  for (const OrderItem& item : query.order_by) ordered.push_back(Print(*item.expression));
  return std::all_of(query.select.begin(), query.select.end(), [&](const SelectItem& item) {
    return std::find(ordered.begin(), ordered.end(), Print(*item.expression)) != ordered.end();
  });
}

absl::Status Unmergeable(std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("Cross partition query only supports ", std::string(what),
                   ": run it within a partition key, or compute the rest in the client"));
}

class Planner {
 public:
  Planner(const Query& query, std::string_view features, const PlannedRange& range)
      : query_(query), features_(features), range_(range) {}

  absl::StatusOr<std::string> Run() {
    if (query_.Inner() != nullptr && NeedsMerging(*query_.Inner())) {
      WEIR_RETURN_IF_ERROR(PlanDistinctCount());
    } else if (query_.IsGrouped()) {
      WEIR_RETURN_IF_ERROR(PlanGroups());
    } else if (!query_.order_by.empty()) {
      WEIR_RETURN_IF_ERROR(PlanOrder());
    } else if (query_.offset) {
      rewritten_ = absl::StrCat("SELECT ", query_.distinct ? "DISTINCT " : "",
                                PrintSelectList(query_), Tail(), Where(), Limits());
    }
    return Json();
  }

 private:
  std::string Tail() const { return absl::StrCat("\nFROM ", PrintSources(query_)); }
  std::string Where() const {
    return query_.where == nullptr ? "" : absl::StrCat("\nWHERE ", Print(*query_.where));
  }
  // Every partition may have to give all rows that OFFSET will skip.
  std::string Limits() const {
    return query_.offset ? absl::StrCat("\nOFFSET 0 LIMIT ", *query_.offset + *query_.limit) : "";
  }

  // {"alias": value, …} of the rows that SELECT makes.
  std::string Payload(const std::function<std::string(const Expression&)>& text) const {
    if (query_.select_all) return query_.sources[0].alias;
    if (query_.select.size() == 1 && query_.select[0].spread) {
      return Print(*query_.select[0].expression);
    }
    if (query_.select_value) return text(*query_.select[0].expression);
    std::vector<std::string> members;
    for (const SelectItem& item : query_.select) {
      members.push_back(absl::StrCat(JsonString(item.alias), ": ", text(*item.expression)));
    }
    return absl::StrCat("{", absl::StrJoin(members, ", "), "}");
  }

  static std::string Items(const std::vector<std::string>& expressions) {
    std::vector<std::string> items;
    items.reserve(expressions.size());
    for (const auto& text : expressions) items.push_back(absl::StrCat(R"({"item": )", text, "}"));
    return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
  }

  absl::Status PlanOrder() {
    const bool spreads = std::any_of(query_.select.begin(), query_.select.end(),
                                     [](const SelectItem& item) { return item.spread; });
    if (spreads && query_.select.size() > 1) {
      return Unmergeable("'alias.*' in an ordered query where nothing else is selected");
    }
    std::vector<std::string> keys;
    for (const OrderItem& item : query_.order_by) {
      order_by_.push_back(item.descending ? "Descending" : "Ascending");
      order_expressions_.push_back(Print(*item.expression));
      keys.push_back(absl::StrCat(order_expressions_.back(), item.descending ? " DESC" : " ASC"));
    }
    const std::string filter = query_.where == nullptr ? absl::StrCat("(", kOrderFilter, ")")
                                                       : absl::StrCat("(", Print(*query_.where),
                                                                      " AND ", kOrderFilter, ")");
    rewritten_ =
        absl::StrCat("SELECT ", query_.distinct ? "DISTINCT " : "",
                     query_.top ? absl::StrCat("TOP ", *query_.top, " ") : "",
                     query_.distinct ? "" : absl::StrCat(query_.sources[0].alias, "._rid, "),
                     Items(order_expressions_), " AS orderByItems, ",
                     Payload([](const Expression& e) { return Print(e); }), " AS payload", Tail(),
                     "\nWHERE ", filter);
    absl::StrAppend(&rewritten_, "\nORDER BY ", absl::StrJoin(keys, ", "), Limits());
    return absl::OkStatus();
  }

  // SELECT COUNT(1) FROM (SELECT DISTINCT …): the client counts the distinct rows.
  absl::Status PlanDistinctCount() {
    const Query& inner = *query_.Inner();
    const Expression* selected =
        query_.select.size() == 1 ? query_.select[0].expression.get() : nullptr;
    const bool counts = selected != nullptr && selected->kind == Kind::kAggregate &&
                        selected->aggregate == AggregateFunction::kCount &&
                        query_.sources.size() == 1 && query_.where == nullptr &&
                        query_.group_by.empty();
    const bool only_distinct = inner.distinct && !inner.IsGrouped() && inner.order_by.empty() &&
                               !inner.top && !inner.offset;
    if (!counts || !only_distinct) {
      return Unmergeable(
          "subqueries in FROM that neither aggregate nor limit, and COUNT over DISTINCT");
    }
    if (features_.find("DCount") == std::string_view::npos) {
      return absl::InvalidArgumentError(
          "Query contains the following features, which the calling client does not support: "
          "DCount. Count the rows of SELECT DISTINCT in the client, or run the query within a "
          "partition key");
    }
    rewritten_ = Print(inner);
    distinct_ = "Unordered";
    distinct_count_ = absl::StrCat(
        R"({"dCountAlias":)", JsonString(query_.select_value ? "" : query_.select[0].alias), "}");
    return absl::OkStatus();
  }

  absl::Status PlanGroups() {
    for (const SelectItem& item : query_.select) {
      const Expression& e = *item.expression;
      if (e.kind != Kind::kAggregate && HasAggregate(e)) {
        return Unmergeable("aggregates that stand alone in SELECT");
      }
      if (query_.select_value) {
        if (e.kind == Kind::kAggregate) aggregates_.emplace_back(ClientName(e.aggregate));
      } else {
        aliases_.push_back(item.alias);
        alias_types_.push_back(absl::StrCat(
            JsonString(item.alias), ":",
            e.kind == Kind::kAggregate ? JsonString(ClientName(e.aggregate)) : "null"));
      }
    }
    std::vector<std::string> keys;
    keys.reserve(query_.group_by.size());
    for (const auto& key : query_.group_by) keys.push_back(Print(*key));
    group_expressions_ = keys;
    const auto text = [&](const Expression& e) {
      if (e.kind != Kind::kAggregate) return Print(e);
      return query_.select_value ? absl::StrCat("[", Share(e), "]") : Share(e);
    };
    const std::string payload = Payload(text);
    std::string select;
    if (!keys.empty()) {
      select = absl::StrCat(Items(keys), " AS groupByItems, ", payload, " AS payload");
    } else {
      select = query_.select_value ? absl::StrCat("VALUE ", payload)
                                   : absl::StrCat(payload, " AS payload");
    }
    rewritten_ = absl::StrCat("SELECT ", select, Tail(), Where());
    if (!keys.empty()) absl::StrAppend(&rewritten_, "\nGROUP BY ", absl::StrJoin(keys, ", "));
    return absl::OkStatus();
  }

  static std::string OrNull(const std::optional<int64_t>& number) {
    return number ? absl::StrCat(*number) : "null";
  }

  std::string Json() const {
    const char* distinct = distinct_ != nullptr        ? distinct_
                           : !query_.distinct          ? "None"
                           : IsDistinctOrdered(query_) ? "Ordered"
                                                       : "Unordered";
    std::string json = absl::StrCat(
        R"({"partitionedQueryExecutionInfoVersion":2,"queryInfo":{"distinctType":")", distinct,
        R"(","top":)", OrNull(query_.top), R"(,"offset":)", OrNull(query_.offset), R"(,"limit":)",
        OrNull(query_.limit), R"(,"orderBy":)", JsonList(order_by_), R"(,"orderByExpressions":)",
        JsonList(order_expressions_));
    absl::StrAppend(&json, R"(,"groupByExpressions":)", JsonList(group_expressions_),
                    R"(,"groupByAliases":)", JsonList(aliases_), R"(,"aggregates":)",
                    JsonList(aggregates_), R"(,"groupByAliasToAggregateType":{)",
                    absl::StrJoin(alias_types_, ","), R"(},"rewrittenQuery":)",
                    JsonString(rewritten_));
    absl::StrAppend(&json, R"(,"hasSelectValue":)", query_.select_value ? "true" : "false",
                    R"(,"dCountInfo":)", distinct_count_,
                    R"(,"hasNonStreamingOrderBy":false},"queryRanges":[{"min":)",
                    JsonString(range_.min), R"(,"max":)", JsonString(range_.max),
                    R"(,"isMinInclusive":true,"isMaxInclusive":)",
                    range_.is_max_inclusive ? "true" : "false", "}]}");
    return json;
  }

  const Query& query_;
  const std::string_view features_;
  const PlannedRange& range_;
  const char* distinct_ = nullptr;
  std::string distinct_count_ = "null";
  std::string rewritten_;  // empty: the query as it is
  std::vector<std::string> order_by_;
  std::vector<std::string> order_expressions_;
  std::vector<std::string> group_expressions_;
  std::vector<std::string> aliases_;
  std::vector<std::string> alias_types_;
  std::vector<std::string> aggregates_;
};

}  // namespace

absl::StatusOr<std::string> PlanJson(const Query& query, std::string_view client_features,
                                     const PlannedRange& range) {
  return Planner(query, client_features, range).Run();
}

}  // namespace weir::cosmos::emulator::sql
