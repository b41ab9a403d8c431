#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "reports/capacity_table.h"
#include "reports/csv_cell.h"
#include "reports/metrics.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/result_row.h"

namespace weir {
namespace {

constexpr char kHead[] =
    "scenario,target,finding,capacity_low_ops_per_s,capacity_high_ops_per_s,probe,purpose,load_"
    "shape,"
    "sessions,offered_ops_per_s,achieved_ops_per_s,response_p50_us,response_p99_us,"
    "response_p999_us,error_share,throttled_share,backlog_growth_ops_per_s2,end,repeated,missed,"
    "failed_gates\r\n";

std::string Number(double value) { return absl::StrFormat("%.10g", value); }

std::string MetricCell(const ResultRow& row, const char* name) {
  return MachineText(*FindMetric(name), ValueOf(name, row));
}

template <typename Results>
std::string FailedOf(const Results& results) {
  std::vector<std::string> names;
  for (const v1::GateResult& result : results) {
    if (!result.passed()) names.push_back(result.name());
  }
  return absl::StrJoin(names, "; ");
}

std::string LineText(const v1::RunResult& run, const v1::CapacityResult& result,
                     const v1::Leg& leg) {
  const v1::Probe& probe = leg.probe();
  const bool open = probe.purpose() != v1::PROBE_PURPOSE_SCALING;
  const auto row = TotalRow(run, leg, v1::PHASE_MEASURE);
  // Of a closed loop they omit queueing.
  const auto response = [&](const char* name) {
    return row.ok() && open ? MetricCell(*row, name) : std::string();
  };
  const auto share = [&](const char* name) {
    return row.ok() ? MetricCell(*row, name) : std::string();
  };
  return absl::StrJoin(
             std::initializer_list<std::string>{
                 CsvCell(result.scenario()),
                 CsvCell(result.target()),
                 FindingName(result.finding()),
                 Number(result.low_per_s()),
                 result.high_per_s() > 0 ? Number(result.high_per_s()) : "",
                 absl::StrCat(leg.index()),
                 PurposeName(probe.purpose()),
                 open ? "open" : "closed",
                 absl::StrCat(leg.sessions()),
                 open ? Number(probe.offered_per_s()) : "",
                 Number(probe.achieved_per_s()),
                 response("response_p50_us"),
                 response("response_p99_us"),
                 response("response_p999_us"),
                 share("error_share"),
                 share("throttled_share"),
                 open ? Number(probe.backlog_per_s()) : "",
                 ProbeEndName(probe.end()),
                 leg.set_aside() ? "yes" : "",
                 CsvCell(FailedOf(probe.checks())),
                 CsvCell(FailedOf(leg.gates()))},
             ",") +
         "\r\n";
}

}  // namespace

absl::Status WriteCapacityCsv(const v1::RunResult& run, const std::string& path) {
  std::string text = kHead;
  for (const v1::CapacityResult& result : run.capacities()) {
    for (const v1::Leg* leg : ProbesOf(run, result.scenario(), result.target())) {
      text += LineText(run, result, *leg);
    }
  }
  return WriteOutputFile(path, text);
}

}  // namespace weir
