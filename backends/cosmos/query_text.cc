#include "backends/cosmos/query_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/iso_time.h"
#include "backends/cosmos/json_text.h"
#include "base/check.h"

namespace weir::cosmos {
namespace {

// Words that cannot follow "c." in Cosmos DB's SQL.
constexpr std::array<std::string_view, 30> kReserved = {
    "and",    "array",    "as",    "asc",       "between", "by",     "case",  "cast",
    "desc",   "distinct", "else",  "end",       "escape",  "exists", "false", "for",
    "from",   "group",    "in",    "join",      "like",    "limit",  "not",   "null",
    "offset", "or",       "order", "undefined", "value",   "where"};
constexpr std::array<std::string_view, 5> kMoreReserved = {"select", "top", "true", "udf", "over"};

bool Reserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end() ||
         std::find(kMoreReserved.begin(), kMoreReserved.end(), name) != kMoreReserved.end();
}

class Renderer {
 public:
  Renderer(const DocumentForm& form, const QuerySpec& spec) : form_(form), spec_(spec) {}

  std::string Plain() const {
    std::string text = "SELECT ";
    if (spec_.limit > 0) absl::StrAppend(&text, "TOP ", spec_.limit, " ");
    absl::StrAppend(&text, Selection(), " FROM c", Where());
    if (spec_.order_by_field >= 0) {
      absl::StrAppend(&text, " ORDER BY ", Path(spec_.order_by_field),
                      spec_.descending ? " DESC" : " ASC");
    }
    return text;
  }

  std::string Grouped() const {
    std::string columns = KeyColumns();
    for (size_t i = 0; i < spec_.aggregates.size(); ++i) {
      absl::StrAppend(&columns, columns.empty() ? "" : ", ", "COUNT(1) AS a", i);
    }
    std::string text = absl::StrCat("SELECT ", columns, " FROM c", Where());
    for (size_t i = 0; i < spec_.group_by.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? " GROUP BY " : ", ", KeyExpression(spec_.group_by[i]));
    }
    return text;
  }

  std::string RowsToGroup() const {
    std::string columns = KeyColumns();
    for (size_t i = 0; i < spec_.aggregates.size(); ++i) {
      if (spec_.aggregates[i].kind != AggregateKind::kP95) continue;
      absl::StrAppend(&columns, columns.empty() ? "" : ", ", Path(spec_.aggregates[i].field),
                      " AS a", i);
    }
    return absl::StrCat("SELECT ", columns, " FROM c", Where());
  }

 private:
  std::string Path(int field) const {
    const std::string name(form_.PropertyName(field));
    return Reserved(name) ? absl::StrCat("c[\"", name, "\"]") : absl::StrCat("c.", name);
  }

  // With the field to order by, which the merge needs.
  std::string Selection() const {
    if (spec_.select.empty()) return "*";
    std::vector<int> fields = spec_.select;
    const bool has_order =
        spec_.order_by_field < 0 ||
        std::find(fields.begin(), fields.end(), spec_.order_by_field) != fields.end();
    if (!has_order) fields.push_back(spec_.order_by_field);
    std::string selection;
    for (int field : fields)
      absl::StrAppend(&selection, selection.empty() ? "" : ", ", Path(field));
    return selection;
  }

  std::string KeyExpression(const GroupKey& key) const {
    if (!key.by_minute) return Path(key.field);
    return absl::StrCat("LEFT(", Path(key.field), ", ", kIsoMinuteLength, ")");
  }

  std::string KeyColumns() const {
    std::string columns;
    for (size_t i = 0; i < spec_.group_by.size(); ++i) {
      absl::StrAppend(&columns, i == 0 ? "" : ", ", KeyExpression(spec_.group_by[i]), " AS k", i);
    }
    return columns;
  }

  std::string Where() const {
    constexpr std::array<absl::string_view, 5> kComparisons = {" = ", " < ", " <= ", " > ", " >= "};
    std::string text;
    for (const Condition& condition : spec_.where) {
      absl::StrAppend(&text, text.empty() ? " WHERE " : " AND ", Path(condition.field),
                      kComparisons[static_cast<size_t>(condition.comparison)], "@p",
                      condition.parameter);
    }
    return text;
  }

  const DocumentForm& form_;
  const QuerySpec& spec_;
};

int KeyParameter(const QuerySpec& spec, int partition_field) {
  for (const Condition& condition : spec.where) {
    if (condition.field == partition_field && condition.comparison == Comparison::kEqual) {
      return condition.parameter;
    }
  }
  return -1;
}

bool HasP95(const QuerySpec& spec) {
  return std::any_of(
      spec.aggregates.begin(), spec.aggregates.end(),
      [](const Aggregate& aggregate) { return aggregate.kind == AggregateKind::kP95; });
}

}  // namespace

QueryPlan PlanQuery(const DocumentForm& form, const QuerySpec& spec) {
  QueryPlan plan{.spec = &spec,
                 .text = {},
                 .key_parameter = KeyParameter(spec, form.partition_field()),
                 .merge = MergeKind::kCounted};
  const Renderer renderer(form, spec);
  if (spec.group_by.empty() && spec.aggregates.empty()) {
    const bool ordered = spec.order_by_field >= 0 && plan.key_parameter < 0;
    if (ordered) plan.merge = MergeKind::kOrdered;
    plan.text = renderer.Plain();
    return plan;
  }
  plan.merge = MergeKind::kGrouped;
  plan.groups_here = HasP95(spec);
  plan.text = plan.groups_here ? renderer.RowsToGroup() : renderer.Grouped();
  return plan;
}

void AppendQueryBody(const QueryPlan& plan, absl::Span<const Value> parameters, std::string* out) {
  WEIR_CHECK(parameters.size() >= plan.spec->parameters.size());
  out->append("{\"query\":");
  AppendJsonString(plan.text, out);
  out->append(",\"parameters\":[");
  for (size_t i = 0; i < plan.spec->parameters.size(); ++i) {
    out->append(i == 0 ? "{\"name\":\"@p" : ",{\"name\":\"@p");
    AppendInteger(static_cast<int64_t>(i), out);
    out->append("\",\"value\":");
    AppendValue(plan.spec->parameters[i], parameters[i], out);
    out->push_back('}');
  }
  out->append("]}");
}

}  // namespace weir::cosmos
