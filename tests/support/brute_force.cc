#include "tests/support/brute_force.h"

#include <algorithm>
#include <compare>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

std::partial_ordering Compare(FieldType type, const Value& left, const Value& right) {
  switch (type) {
    case FieldType::kText:
      return left.text() <=> right.text();
    case FieldType::kDouble:
      return left.real() <=> right.real();
    default:
      return left.integer() <=> right.integer();
  }
}

bool Holds(Comparison comparison, std::partial_ordering order) {
  switch (comparison) {
    case Comparison::kEqual:
      return std::is_eq(order);
    case Comparison::kLess:
      return std::is_lt(order);
    case Comparison::kLessOrEqual:
      return std::is_lteq(order);
    case Comparison::kGreater:
      return std::is_gt(order);
    case Comparison::kGreaterOrEqual:
      return std::is_gteq(order);
  }
  return false;
}

bool Matches(const RecordSchema& schema, const Record& record, const QuerySpec& query,
             absl::Span<const Value> parameters) {
  return std::all_of(query.where.begin(), query.where.end(), [&](const Condition& condition) {
    return Holds(condition.comparison,
                 Compare(schema.fields[condition.field].type, record[condition.field],
                         parameters[condition.parameter]));
  });
}

std::string Key(const RecordSchema& schema, const Record& record, const GroupKey& key) {
  const Value& value = record[key.field];
  if (schema.fields[key.field].type == FieldType::kText) return std::string(value.text());
  return absl::StrCat(key.by_minute ? value.integer() / 60'000'000 * 60'000'000 : value.integer());
}

using Groups = std::map<std::vector<std::string>, std::vector<uint64_t>>;  // keys → records

Groups GroupRecords(const RecordSource& source, uint64_t first, uint64_t count,
                    const QuerySpec& query, absl::Span<const Value> parameters) {
  Groups groups;
  Record record;
  for (uint64_t index = first; index < first + count; ++index) {
    source.Make(index, 0, &record);
    if (!Matches(source.schema(), record, query, parameters)) continue;
    std::vector<std::string> keys;
    for (const GroupKey& key : query.group_by) keys.push_back(Key(source.schema(), record, key));
    groups[keys].push_back(index);
  }
  return groups;
}

int64_t Aggregated(const RecordSource& source, const Aggregate& aggregate,
                   const std::vector<uint64_t>& indexes) {
  if (aggregate.kind == AggregateKind::kCount) return static_cast<int64_t>(indexes.size());
  std::vector<int64_t> values;
  Record record;
  for (const uint64_t index : indexes) {
    source.Make(index, 0, &record);
    values.push_back(record[aggregate.field].integer());
  }
  std::sort(values.begin(), values.end());
  return values[(values.size() * 95 + 99) / 100 - 1];
}

}  // namespace

uint32_t BruteForceRows(const RecordSource& source, uint64_t first, uint64_t count,
                        const QuerySpec& query, absl::Span<const Value> parameters) {
  const Groups groups = GroupRecords(source, first, count, query, parameters);
  size_t rows = groups.size();
  if (query.group_by.empty()) rows = groups.empty() ? 0 : groups.begin()->second.size();
  const auto answered = static_cast<uint32_t>(rows);
  return query.limit == 0 ? answered : std::min(answered, query.limit);
}

std::vector<std::vector<std::string>> BruteForceGroups(const RecordSource& source, uint64_t first,
                                                       uint64_t count, const QuerySpec& query,
                                                       absl::Span<const Value> parameters) {
  std::vector<std::pair<int64_t, std::vector<std::string>>> rows;
  for (const auto& [keys, indexes] : GroupRecords(source, first, count, query, parameters)) {
    std::vector<std::string> row = keys;
    int64_t rank = 0;
    for (size_t i = 0; i < query.aggregates.size(); ++i) {
      const int64_t value = Aggregated(source, query.aggregates[i], indexes);
      if (static_cast<int>(i) == query.order_by_aggregate) rank = query.descending ? -value : value;
      row.push_back(absl::StrCat(value));
    }
    rows.emplace_back(rank, row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  if (query.limit != 0 && rows.size() > query.limit) rows.resize(query.limit);
  std::vector<std::vector<std::string>> answer;
  answer.reserve(rows.size());
  for (auto& [rank, row] : rows) answer.push_back(std::move(row));
  return answer;
}

}  // namespace weir
