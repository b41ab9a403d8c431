#include "tests/support/sample_records.h"

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "base/random.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 3> kRegions = {"eu-north", "us-east", "o'brien's \"south\""};
constexpr int64_t kStartUs = 1'700'000'000'000'000;
constexpr int64_t kGapUs = 1'700'001;  // several records a minute, and microseconds that matter
constexpr size_t kLongText = 20'000;

std::vector<Field> Fields() {
  return {{"id", FieldType::kText},        {"region", FieldType::kText},
          {"user", FieldType::kText},      {"latency_us", FieldType::kInt64},
          {"ratio", FieldType::kDouble},   {"failed", FieldType::kBool},
          {"time", FieldType::kTimestamp}, {"message", FieldType::kText}};
}

QuerySpec RecentInRegion() {
  QuerySpec query;
  query.name = "recent_in_region";
  query.parameters = {FieldType::kText, FieldType::kTimestamp, FieldType::kTimestamp};
  query.where = {{SampleRecords::kRegion, Comparison::kEqual, 0},
                 {SampleRecords::kTime, Comparison::kGreaterOrEqual, 1},
                 {SampleRecords::kTime, Comparison::kLess, 2}};
  query.order_by_field = SampleRecords::kTime;
  query.descending = true;
  query.limit = 20;
  return query;
}

QuerySpec FailedWithRatio() {
  QuerySpec query;
  query.name = "failed_with_ratio";
  query.parameters = {FieldType::kBool, FieldType::kDouble, FieldType::kInt64};
  query.where = {{SampleRecords::kFailed, Comparison::kEqual, 0},
                 {SampleRecords::kRatio, Comparison::kGreater, 1},
                 {SampleRecords::kLatency, Comparison::kLessOrEqual, 2}};
  query.select = {SampleRecords::kId, SampleRecords::kRatio};
  return query;
}

QuerySpec CountByUserPerMinute() {
  QuerySpec query;
  query.name = "count_by_user_per_minute";
  query.parameters = {FieldType::kText};
  query.where = {{SampleRecords::kRegion, Comparison::kEqual, 0}};
  query.group_by = {{SampleRecords::kUser, false}, {SampleRecords::kTime, true}};
  query.aggregates = {{AggregateKind::kCount, -1}};
  return query;
}

QuerySpec SlowestUsers() {
  QuerySpec query;
  query.name = "slowest_users";
  query.parameters = {FieldType::kTimestamp};
  query.where = {{SampleRecords::kTime, Comparison::kGreaterOrEqual, 0}};
  query.group_by = {{SampleRecords::kUser, false}};
  query.aggregates = {{AggregateKind::kCount, -1}, {AggregateKind::kP95, SampleRecords::kLatency}};
  query.order_by_aggregate = 1;
  query.descending = true;
  query.limit = 5;
  return query;
}

std::string Message(uint64_t index, uint64_t revision) {
  switch (index % 7) {
    case 0:
      return absl::StrCat("plain text ", index, " revision ", revision);
    case 1:
      return "it's \"quoted\", $1 ?1 %s {} -- ; DROP TABLE weir_records; '";
    case 2:
      return "naïve Ελλάδα 日本語 🦆 \u200b end";
    case 3:
      return "back\\slash \\N \\. \\x41 C:\\temp\\";
    case 4:
      return "line one\nline two\r\n\ttabbed\x01\x1f";
    case 5:
      return "";
    default:
      return index < 20 ? std::string(kLongText, 'x') : absl::StrCat("</script> ", index);
  }
}

void SetText(Record* record, size_t field, std::string_view text) {
  WEIR_CHECK(text.size() <= record->room_bytes());
  std::memcpy(record->room(), text.data(), text.size());
  record->Commit(field, text.size());
}

}  // namespace

SampleRecords::SampleRecords() {
  schema_.name = "sample";
  schema_.fields = Fields();
  schema_.id_field = kId;
  schema_.partition_field = kRegion;
  schema_.indexes = {{kRegion, kTime}, {kUser}};
  schema_.queries = {RecentInRegion(), FailedWithRatio(), CountByUserPerMinute(), SlowestUsers()};
}

void SampleRecords::Make(uint64_t index, uint64_t revision, Record* record) const {
  DrawStream draws(DeriveKey(7, "sample"), index);
  const std::string message = Message(index, revision);
  record->Reset(schema_.fields.size(), message.size() + 256);
  SetText(record, kId, absl::StrCat("r-", index));
  SetText(record, kRegion, kRegions[draws.Below(kRegions.size())]);
  SetText(record, kUser, absl::StrCat("user ", draws.Below(11)));
  // Within ±2⁵³, where JSON numbers are exact.
  const auto wide = static_cast<int64_t>(draws.Next() >> 11);
  const auto latency = static_cast<int64_t>(draws.Below(1'000'000) + revision);
  record->Set(kLatency, Value::Integer(index % 13 == 0 ? -wide : latency));
  record->Set(kRatio, Value::Real(index % 17 == 0 ? 1e-300 / 3 : draws.Unit() * 2 - 1));
  record->Set(kFailed, Value::Bool(draws.Below(4) == 0));
  record->Set(kTime, Value::Integer(kStartUs + static_cast<int64_t>(index) * kGapUs));
  SetText(record, kMessage, message);
}

}  // namespace weir
