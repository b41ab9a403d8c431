#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "reports/disclosure.h"
#include "reports/json_series.h"
#include "reports/json_text.h"
#include "reports/leg_text.h"
#include "reports/metrics.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/report_schema.h"
#include "reports/summary_columns.h"
#include "reports/within_run.h"

namespace weir {
namespace {

absl::StatusOr<std::string> RunText(const v1::RunResult& run) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(run, &text, options);
  if (status.ok()) return text;
  return absl::InternalError(absl::StrCat("run as JSON: ", std::string(status.message())));
}

std::string ListText(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string list;
  {
    JsonMembers members(&list, '[', ']');
    for (const std::string& text : texts) members.Add(QuotedJson(text));
  }
  return list;
}

std::string VerdictText(const v1::RunResult& run) {
  std::string text;
  {
    JsonMembers verdict(&text, '{', '}');
    verdict.Add("validity", QuotedJson(ValidityWord(run.verdict().validity())));
    verdict.Add("reasons", ListText(run.verdict().reasons()));
    verdict.Add("overridden_gates", ListText(run.verdict().overridden()));
  }
  return text;
}

std::string UnitsText() {
  std::string text;
  {
    JsonMembers units(&text, '{', '}');
    for (const Metric& metric : Metrics())
      units.Add(metric.name, QuotedJson(UnitName(metric.unit)));
  }
  return text;
}

std::string RowText(const ResultRow& row) {
  std::string text;
  {
    JsonMembers members(&text, '{', '}');
    for (const IdentityColumn& column : IdentityColumns()) {
      members.Add(column.name, QuotedJson(column.text(row)));
    }
    for (const Metric& metric : Metrics()) {
      members.Add(metric.name, MetricJson(metric, ValueOf(metric, row)));
    }
  }
  return text;
}

absl::StatusOr<std::string> SummaryText(const v1::RunResult& run) {
  std::string text;
  {
    JsonMembers rows(&text, '[', ']');
    WEIR_RETURN_IF_ERROR(
        ForEachResultRow(run, [&](const ResultRow& row) { rows.Add("\n" + RowText(row)); }));
  }
  return text;
}

// 95 % intervals, of one run alone: they say nothing of another run.
absl::StatusOr<std::string> WithinRunList(const ResultsStore& store, const v1::RunResult& run) {
  std::string list;
  {
    JsonMembers items(&list, '[', ']');
    for (const v1::Leg& leg : run.legs()) {
      WEIR_ASSIGN_OR_RETURN(const std::vector<WithinRun> intervals, WithinRunOf(store, run, leg));
      for (const WithinRun& interval : intervals) {
        const Metric& metric = *FindMetric(interval.metric);
        std::string text;
        {
          JsonMembers members(&text, '{', '}');
          members.Add("scenario", QuotedJson(leg.scenario()));
          members.Add("target", QuotedJson(leg.target()));
          members.Add("round", absl::StrCat(leg.round()));
          members.Add("metric", QuotedJson(interval.metric));
          members.Add("low", MetricJson(metric, interval.low_us));
          members.Add("high", MetricJson(metric, interval.high_us));
        }
        items.Add("\n" + text);
      }
    }
  }
  return list;
}

std::string DisclosureText(const v1::RunResult& run) {
  std::string list;
  {
    JsonMembers items(&list, '[', ']');
    for (const DisclosedItem& item : DiscloseRun(run)) {
      std::string text;
      {
        JsonMembers members(&text, '{', '}');
        members.Add("subject", QuotedJson(item.subject));
        members.Add("item", QuotedJson(item.item));
        members.Add("value", QuotedJson(item.value));
      }
      items.Add("\n" + text);
    }
  }
  return list;
}

}  // namespace

absl::Status WriteJsonReport(const ResultsStore& store, const v1::RunResult& run,
                             const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(const std::string run_text, RunText(run));
  WEIR_ASSIGN_OR_RETURN(const std::string summary, SummaryText(run));
  WEIR_ASSIGN_OR_RETURN(const std::string series, JsonSeries(store, run));
  WEIR_ASSIGN_OR_RETURN(const std::string within_run, WithinRunList(store, run));
  std::string text;
  {
    JsonMembers report(&text, '{', '}');
    report.Add("verdict", VerdictText(run));
    report.Add("schema", absl::StrCat(kReportSchema));
    report.Add("units", UnitsText());
    report.Add("summary", summary);
    report.Add("within_run_95", within_run);
    report.Add("disclosure", DisclosureText(run));
    report.Add("series", series);
    report.Add("run", run_text);
  }
  return WriteOutputFile(path, text + "\n");
}

}  // namespace weir
