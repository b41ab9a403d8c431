#include <google/protobuf/util/json_util.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "reports/metrics.h"
#include "reports/output_file.h"
#include "reports/planned_response.h"
#include "reports/report.h"
#include "reports/series.h"
#include "reports/summary_columns.h"

namespace weir {
namespace {

// Raised whenever a reader of the last version could misread this one.
constexpr int kReportSchema = 1;

std::string Quoted(absl::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Infinity as protobuf's JSON spells it; nothing as null.
std::string NumberText(const Metric& metric, std::optional<double> value) {
  if (!value) return "null";
  return std::isinf(*value) ? "\"Infinity\"" : MachineText(metric, value);
}

// Appends one JSON object or array member by member.
class Members {
 public:
  Members(std::string* text, char open, char close) : text_(text), close_(close) { *text_ += open; }
  ~Members() { *text_ += close_; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  void Add(absl::string_view value) {
    absl::StrAppend(text_, first_ ? "" : ",", value);
    first_ = false;
  }
  void Add(absl::string_view name, absl::string_view value) {
    Add(absl::StrCat(Quoted(name), ":", std::string(value)));
  }

 private:
  std::string* text_;
  char close_;
  bool first_ = true;
};

absl::StatusOr<std::string> RunText(const v1::RunResult& run) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(run, &text, options);
  if (status.ok()) return text;
  return absl::InternalError(absl::StrCat("run as JSON: ", std::string(status.message())));
}

std::string UnitsText() {
  std::string text;
  {
    Members units(&text, '{', '}');
    for (const Metric& metric : Metrics()) units.Add(metric.name, Quoted(UnitName(metric.unit)));
  }
  return text;
}

std::string RowText(const ResultRow& row) {
  std::string text;
  {
    Members members(&text, '{', '}');
    for (const IdentityColumn& column : IdentityColumns()) {
      members.Add(column.name, Quoted(column.text(row)));
    }
    for (const Metric& metric : Metrics()) {
      members.Add(metric.name, NumberText(metric, ValueOf(metric, row)));
    }
  }
  return text;
}

absl::StatusOr<std::string> SummaryText(const v1::RunResult& run) {
  std::string text;
  {
    Members rows(&text, '[', ']');
    WEIR_RETURN_IF_ERROR(
        ForEachResultRow(run, [&](const ResultRow& row) { rows.Add("\n" + RowText(row)); }));
  }
  return text;
}

// ---------------------------------------------------------------------------------- series

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
    Members columns(&text, '[', ']');
    for (const char* name : {"stage", "second", "operation"}) columns.Add(Quoted(name));
    for (const auto& [name, count] : kSeriesCounts) columns.Add(Quoted(name));
    for (const SeriesQuantile& quantile : kSeriesQuantiles) columns.Add(Quoted(quantile.name));
  }
  return text;
}

std::string SecondText(const v1::Leg& leg, const SeriesPoint& point, uint32_t operation) {
  const Tally& tally = point.operations[operation];
  const PlannedResponse response = PlannedResponse::OfSecond(tally);
  std::string text;
  {
    Members cells(&text, '[', ']');
    cells.Add(Quoted(PhaseName(point.stage)));
    cells.Add(absl::StrCat(point.second));
    cells.Add(Quoted(OperationName(leg, point.stage, operation)));
    for (const auto& [name, count] : kSeriesCounts)
      cells.Add(absl::StrCat((tally.counts().*count)()));
    for (const SeriesQuantile& quantile : kSeriesQuantiles) {
      std::optional<double> value = response.RoughQuantile(quantile.q);
      if (value) *value /= 1e3;
      cells.Add(NumberText(*FindMetric(quantile.name), value));
    }
  }
  return text;
}

absl::StatusOr<std::string> LegSeriesText(const ResultsStore& store, const v1::RunResult& run,
                                          const v1::Leg& leg) {
  std::string text;
  {
    Members rows(&text, '[', ']');
    WEIR_RETURN_IF_ERROR(ForEachPoint(store, run.id(), leg, 1, [&](const SeriesPoint& point) {
      for (uint32_t i = 0; i < point.operations.size(); ++i) {
        rows.Add("\n" + SecondText(leg, point, i));
      }
    }));
  }
  return text;
}

absl::StatusOr<std::string> SeriesText(const ResultsStore& store, const v1::RunResult& run) {
  std::string text;
  {
    Members legs(&text, '[', ']');
    for (const v1::Leg& leg : run.legs()) {
      WEIR_ASSIGN_OR_RETURN(const std::string rows, LegSeriesText(store, run, leg));
      std::string object;
      {
        Members members(&object, '{', '}');
        members.Add("scenario", Quoted(leg.scenario()));
        members.Add("target", Quoted(leg.target()));
        members.Add("columns", SeriesColumnsText());
        members.Add("rows", rows);
      }
      legs.Add("\n" + object);
    }
  }
  return text;
}

}  // namespace

absl::Status WriteJsonReport(const ResultsStore& store, const v1::RunResult& run,
                             const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(const std::string run_text, RunText(run));
  WEIR_ASSIGN_OR_RETURN(const std::string summary, SummaryText(run));
  WEIR_ASSIGN_OR_RETURN(const std::string series, SeriesText(store, run));
  std::string text;
  {
    Members report(&text, '{', '}');
    report.Add("schema", absl::StrCat(kReportSchema));
    report.Add("units", UnitsText());
    report.Add("summary", summary);
    report.Add("series", series);
    report.Add("run", run_text);
  }
  return WriteOutputFile(path, text + "\n");
}

}  // namespace weir
