#include "backends/cosmos/emulator/sql/plan.h"

#include <functional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "backends/cosmos/emulator/json_text.h"
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

class Planner {
 public:
  explicit Planner(const Query& query) : query_(query) {}

  absl::StatusOr<std::string> Run() {
    if (query_.IsGrouped()) {
      WEIR_RETURN_IF_ERROR(PlanGroups());
    } else if (!query_.order_by.empty()) {
      PlanOrder();
    } else if (query_.offset) {
      rewritten_ = absl::StrCat("SELECT ", query_.distinct ? "DISTINCT " : "", SelectText(), Tail(),
                                Where(), Limits());
    }
    return Json();
  }

 private:
  std::string SelectText() const {
    if (query_.select_all) return "*";
    if (query_.select_value) return absl::StrCat("VALUE ", Print(*query_.select[0].expression));
    std::vector<std::string> items;
    for (const SelectItem& item : query_.select) {
      items.push_back(absl::StrCat(Print(*item.expression), " AS ", item.alias));
    }
    return absl::StrJoin(items, ", ");
  }

  std::string Tail() const { return absl::StrCat("\nFROM ", query_.alias); }
  std::string Where() const {
    return query_.where == nullptr ? "" : absl::StrCat("\nWHERE ", Print(*query_.where));
  }
  // Every partition may have to give all rows that OFFSET will skip.
  std::string Limits() const {
    return query_.offset ? absl::StrCat("\nOFFSET 0 LIMIT ", *query_.offset + *query_.limit) : "";
  }

  // {"alias": value, …} of the rows that SELECT makes.
  std::string Payload(const std::function<std::string(const Expression&)>& text) const {
    if (query_.select_all) return query_.alias;
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

  void PlanOrder() {
    std::vector<std::string> keys;
    for (const OrderItem& item : query_.order_by) {
      order_by_.push_back(item.descending ? "Descending" : "Ascending");
      order_expressions_.push_back(Print(*item.expression));
      keys.push_back(absl::StrCat(order_expressions_.back(), item.descending ? " DESC" : " ASC"));
    }
    const std::string filter = query_.where == nullptr ? absl::StrCat("(", kOrderFilter, ")")
                                                       : absl::StrCat("(", Print(*query_.where),
                                                                      " AND ", kOrderFilter, ")");
    rewritten_ = absl::StrCat("SELECT ", query_.distinct ? "DISTINCT " : "",
                              query_.top ? absl::StrCat("TOP ", *query_.top, " ") : "",
                              query_.distinct ? "" : absl::StrCat(query_.alias, "._rid, "),
                              Items(order_expressions_), " AS orderByItems, ", Payload(&Print),
                              " AS payload", Tail(), "\nWHERE ", filter);
    absl::StrAppend(&rewritten_, "\nORDER BY ", absl::StrJoin(keys, ", "), Limits());
  }

  absl::Status PlanGroups() {
    for (const SelectItem& item : query_.select) {
      const Expression& e = *item.expression;
      if (e.kind != Kind::kAggregate && HasAggregate(e)) {
        return absl::InvalidArgumentError(
            "Cross partition query only supports aggregates that stand alone in SELECT");
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
    const char* distinct = !query_.distinct          ? "None"
                           : query_.order_by.empty() ? "Unordered"
                                                     : "Ordered";
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
                    R"(,"dCountInfo":null,"hasNonStreamingOrderBy":false},"queryRanges":)",
                    R"([{"min":"","max":"FF","isMinInclusive":true,"isMaxInclusive":false}]})");
    return json;
  }

  const Query& query_;
  std::string rewritten_;  // empty: the query as it is
  std::vector<std::string> order_by_;
  std::vector<std::string> order_expressions_;
  std::vector<std::string> group_expressions_;
  std::vector<std::string> aliases_;
  std::vector<std::string> alias_types_;
  std::vector<std::string> aggregates_;
};

}  // namespace

absl::StatusOr<std::string> PlanJson(const Query& query) { return Planner(query).Run(); }

}  // namespace weir::cosmos::emulator::sql
