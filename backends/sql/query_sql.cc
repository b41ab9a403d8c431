#include "backends/sql/query_sql.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weir {
namespace {

std::string_view Operator(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return " = ";
    case Comparison::kLess:
      return " < ";
    case Comparison::kLessOrEqual:
      return " <= ";
    case Comparison::kGreater:
      return " > ";
    case Comparison::kGreaterOrEqual:
      return " >= ";
  }
  return "";
}

std::string Where(const SqlTable& table, const QuerySpec& query) {
  std::vector<std::string> parts;
  for (const Condition& condition : query.where) {
    parts.push_back(absl::StrCat(Column(table, condition.field),
                                 std::string(Operator(condition.comparison)),
                                 Parameter(table, condition.parameter)));
  }
  return parts.empty() ? "" : absl::StrCat(" WHERE ", absl::StrJoin(parts, " AND "));
}

std::string Limit(const QuerySpec& query) {
  return query.limit == 0 ? "" : absl::StrCat(" LIMIT ", query.limit);
}

std::string_view Direction(const QuerySpec& query) { return query.descending ? " DESC" : ""; }

std::string PlainSql(const SqlTable& table, const QuerySpec& query) {
  std::vector<int> fields = query.select;
  if (fields.empty()) {
    for (size_t i = 0; i < table.schema.fields.size(); ++i) fields.push_back(static_cast<int>(i));
  }
  const std::string columns = absl::StrJoin(fields, ", ", [&table](std::string* out, int field) {
    absl::StrAppend(out, Column(table, field));
  });
  std::string order;
  if (query.order_by_field >= 0) {
    order = absl::StrCat(" ORDER BY ", Column(table, query.order_by_field),
                         std::string(Direction(query)));
  }
  return absl::StrCat("SELECT ", columns, " FROM ", Quoted(table.name), Where(table, query), order,
                      Limit(query));
}

std::vector<std::string> Keys(const SqlTable& table, const QuerySpec& query) {
  std::vector<std::string> keys;
  for (const GroupKey& key : query.group_by) {
    const std::string column = Column(table, key.field);
    keys.push_back(key.by_minute ? table.dialect.MinuteOf(column) : column);
  }
  return keys;
}

// " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10": keys come first among the columns. They also
// break ties, so that a limit cuts the same groups on every database.
std::string GroupingTail(const QuerySpec& query) {
  std::vector<std::string> ordinals;
  for (size_t i = 0; i < query.group_by.size(); ++i) ordinals.push_back(absl::StrCat(i + 1));
  std::vector<std::string> order = ordinals;
  if (query.order_by_aggregate >= 0) {
    const size_t column = query.group_by.size() + query.order_by_aggregate + 1;
    order.insert(order.begin(), absl::StrCat(column, std::string(Direction(query))));
  }
  return absl::StrCat(
      ordinals.empty() ? "" : absl::StrCat(" GROUP BY ", absl::StrJoin(ordinals, ", ")),
      order.empty() ? "" : absl::StrCat(" ORDER BY ", absl::StrJoin(order, ", ")), Limit(query));
}

std::string GroupedSql(const SqlTable& table, const QuerySpec& query) {
  std::vector<std::string> columns = Keys(table, query);
  for (const Aggregate& aggregate : query.aggregates) {
    columns.push_back(aggregate.kind == AggregateKind::kCount
                          ? "count(*)"
                          : absl::StrCat("percentile_disc(0.95) WITHIN GROUP (ORDER BY ",
                                         Column(table, aggregate.field), ")"));
  }
  return absl::StrCat("SELECT ", absl::StrJoin(columns, ", "), " FROM ", Quoted(table.name),
                      Where(table, query), GroupingTail(query));
}

// Without percentile_disc: an inner query gives each row its rank in its group (rank<i>, by the
// field of aggregate i) and the group's size; the percentile is the first value whose rank reaches
// 95 %.
std::string RankedSql(const SqlTable& table, const QuerySpec& query) {
  const std::vector<std::string> keys = Keys(table, query);
  const std::string partition =
      keys.empty() ? "" : absl::StrCat("PARTITION BY ", absl::StrJoin(keys, ", "));
  std::vector<std::string> inner;
  std::vector<std::string> outer;
  for (size_t i = 0; i < keys.size(); ++i) {
    inner.push_back(absl::StrCat(keys[i], " AS key", i));
    outer.push_back(absl::StrCat("key", i));
  }
  inner.push_back(absl::StrCat("count(*) OVER (", partition, ") AS size"));
  for (size_t i = 0; i < query.aggregates.size(); ++i) {
    if (query.aggregates[i].kind == AggregateKind::kCount) {
      outer.push_back("count(*)");
      continue;
    }
    const std::string column = Column(table, query.aggregates[i].field);
    inner.push_back(absl::StrCat(column, " AS value", i, ", row_number() OVER (", partition,
                                 " ORDER BY ", column, ") AS rank", i));
    outer.push_back(
        absl::StrCat("min(CASE WHEN rank", i, " * 100 >= size * 95 THEN value", i, " END)"));
  }
  return absl::StrCat("SELECT ", absl::StrJoin(outer, ", "), " FROM (SELECT ",
                      absl::StrJoin(inner, ", "), " FROM ", Quoted(table.name), Where(table, query),
                      ")", GroupingTail(query));
}

bool HasPercentile(const QuerySpec& query) {
  return std::any_of(
      query.aggregates.begin(), query.aggregates.end(),
      [](const Aggregate& aggregate) { return aggregate.kind == AggregateKind::kP95; });
}

}  // namespace

std::string QuerySql(const SqlTable& table, const QuerySpec& query) {
  if (query.group_by.empty() && query.aggregates.empty()) return PlainSql(table, query);
  if (HasPercentile(query) && !table.dialect.HasPercentiles()) return RankedSql(table, query);
  return GroupedSql(table, query);
}

}  // namespace weir
