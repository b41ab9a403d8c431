#include "reports/json_series.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "reports/json_text.h"
#include "reports/metrics.h"
#include "reports/planned_response.h"
#include "reports/series.h"

namespace weir {
namespace {

constexpr auto kSeriesCounts =
    std::to_array<std::pair<absl::string_view, uint64_t (v1::Tally::*)() const>>({
        {"planned", &v1::Tally::planned},
        {"ok", &v1::Tally::ok},
        {"not_found", &v1::Tally::not_found},
        {"conflict", &v1::Tally::conflict},
        {"throttled", &v1::Tally::throttled},
        {"timed_out", &v1::Tally::timed_out},
        {"failed", &v1::Tally::failed},
        {"in_doubt", &v1::Tally::in_doubt},
        {"unsent", &v1::Tally::unsent},
        {"lost", &v1::Tally::lost},
        {"attempts", &v1::Tally::attempts},
        {"retries", &v1::Tally::retries},
        {"throttled_attempts", &v1::Tally::throttled_attempts},
        {"records", &v1::Tally::records},
        {"bytes_sent", &v1::Tally::bytes_sent},
        {"bytes_received", &v1::Tally::bytes_received},
        {"milli_ru", &v1::Tally::milli_ru},
    });

struct SeriesQuantile {
  absl::string_view name;
  double q;
};
constexpr auto kSeriesQuantiles = std::to_array<SeriesQuantile>(
    {{"response_p50_us", 0.5}, {"response_p90_us", 0.9}, {"response_p99_us", 0.99}});

std::string SeriesColumnsText() {
  std::string text;
  {
    JsonMembers columns(&text, '[', ']');
    for (const char* name : {"stage", "second", "operation"}) columns.Add(QuotedJson(name));
    for (const auto& [name, count] : kSeriesCounts) columns.Add(QuotedJson(name));
    for (const SeriesQuantile& quantile : kSeriesQuantiles) columns.Add(QuotedJson(quantile.name));
  }
  return text;
}

std::string SecondText(const v1::Leg& leg, const SeriesPoint& point, uint32_t operation) {
  const Tally& tally = point.operations[operation];
  const PlannedResponse response = PlannedResponse::OfSecond(tally);
  std::string text;
  {
    JsonMembers cells(&text, '[', ']');
    cells.Add(QuotedJson(PhaseName(point.stage)));
    cells.Add(absl::StrCat(point.second));
    cells.Add(QuotedJson(OperationName(leg, point.stage, operation)));
    for (const auto& [name, count] : kSeriesCounts)
      cells.Add(absl::StrCat((tally.counts().*count)()));
    for (const SeriesQuantile& quantile : kSeriesQuantiles) {
      std::optional<double> value = response.RoughQuantile(quantile.q);
      if (value) *value /= 1e3;
      cells.Add(MetricJson(*FindMetric(quantile.name), value));
    }
  }
  return text;
}

// -------------------------------------------------------------------------------- samples

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string FieldText(const Message& sample, const FieldDescriptor* field) {
  const auto* reflection = sample.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection->GetUInt64(sample, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection->GetInt64(sample, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection->GetUInt32(sample, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection->GetInt32(sample, field));
    default:
      return QuotedJson(reflection->GetString(sample, field));
  }
}

// Columns are the fields of the message, which name their units.
std::string SampleColumns(const Descriptor* type) {
  std::string text;
  {
    JsonMembers columns(&text, '[', ']');
    for (const char* name : {"stage", "second"}) columns.Add(QuotedJson(name));
    for (int i = 0; i < type->field_count(); ++i) columns.Add(QuotedJson(type->field(i)->name()));
  }
  return text;
}

std::string SampleRow(const SeriesPoint& point, const Message& sample) {
  std::string text;
  {
    JsonMembers cells(&text, '[', ']');
    cells.Add(QuotedJson(PhaseName(point.stage)));
    cells.Add(absl::StrCat(point.second));
    for (int i = 0; i < sample.GetDescriptor()->field_count(); ++i) {
      cells.Add(FieldText(sample, sample.GetDescriptor()->field(i)));
    }
  }
  return text;
}

std::string TableText(absl::string_view columns, absl::string_view rows) {
  std::string text;
  {
    JsonMembers table(&text, '{', '}');
    table.Add("columns", columns);
    table.Add("rows", rows);
  }
  return text;
}

// The rows of one leg's tables.
struct LegRows {
  std::string operations;
  std::string partitions;
  std::string resources;
  std::string processes;
};

absl::Status AddRows(const ResultsStore& store, const v1::RunResult& run, const v1::Leg& leg,
                     LegRows* rows) {
  JsonMembers operations(&rows->operations, '[', ']');
  JsonMembers partitions(&rows->partitions, '[', ']');
  JsonMembers resources(&rows->resources, '[', ']');
  JsonMembers processes(&rows->processes, '[', ']');
  return ForEachPoint(store, run.id(), leg, 1, [&](const SeriesPoint& point) {
    const auto add = [&](const auto& samples, JsonMembers& table) {
      for (const auto& [key, sample] : samples) table.Add("\n" + SampleRow(point, sample));
    };
    for (uint32_t i = 0; i < point.operations.size(); ++i) {
      operations.Add("\n" + SecondText(leg, point, i));
    }
    add(point.partitions, partitions);
    add(point.resources, resources);
    add(point.processes, processes);
  });
}

std::string LegText(const v1::Leg& leg, const LegRows& rows) {
  std::string text;
  {
    JsonMembers members(&text, '{', '}');
    members.Add("scenario", QuotedJson(leg.scenario()));
    members.Add("target", QuotedJson(leg.target()));
    members.Add("columns", SeriesColumnsText());
    members.Add("rows", rows.operations);
    members.Add("partitions",
                TableText(SampleColumns(v1::PartitionUse::descriptor()), rows.partitions));
    members.Add("resources",
                TableText(SampleColumns(v1::ResourceSample::descriptor()), rows.resources));
    members.Add("processes",
                TableText(SampleColumns(v1::ProcessSample::descriptor()), rows.processes));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> JsonSeries(const ResultsStore& store, const v1::RunResult& run) {
  std::string text;
  {
    JsonMembers legs(&text, '[', ']');
    for (const v1::Leg& leg : run.legs()) {
      LegRows rows;
      WEIR_RETURN_IF_ERROR(AddRows(store, run, leg, &rows));
      legs.Add("\n" + LegText(leg, rows));
    }
  }
  return text;
}

}  // namespace weir
