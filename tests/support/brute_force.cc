#include "tests/support/brute_force.h"

#include <algorithm>
#include <compare>
#include <set>
#include <string>

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
      return order == 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kLessOrEqual:
      return order <= 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kGreaterOrEqual:
      return order >= 0;
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
  return absl::StrCat(key.by_minute ? value.integer() / 60'000'000 : value.integer());
}

}  // namespace

uint32_t BruteForceRows(const RecordSource& source, uint64_t first, uint64_t count,
                        const QuerySpec& query, absl::Span<const Value> parameters) {
  const bool grouped = !query.group_by.empty();
  std::set<std::vector<std::string>> groups;
  uint32_t rows = 0;
  Record record;
  for (uint64_t index = first; index < first + count; ++index) {
    source.Make(index, 0, &record);
    if (!Matches(source.schema(), record, query, parameters)) continue;
    ++rows;
    std::vector<std::string> keys;
    for (const GroupKey& key : query.group_by) keys.push_back(Key(source.schema(), record, key));
    groups.insert(keys);
  }
  if (grouped) rows = static_cast<uint32_t>(groups.size());
  return query.limit == 0 ? rows : std::min(rows, query.limit);
}

}  // namespace weir
