#include <initializer_list>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "base/status.h"
#include "reports/csv_cell.h"
#include "reports/metrics.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/summary_columns.h"

namespace weir {
namespace {

std::string HeaderLine() {
  std::string line;
  for (const IdentityColumn& column : IdentityColumns()) absl::StrAppend(&line, column.name, ",");
  for (const Metric& metric : Metrics()) absl::StrAppend(&line, metric.name, ",");
  line.pop_back();
  return line + "\r\n";
}

std::string RowLine(const ResultRow& row) {
  std::string line;
  for (const IdentityColumn& column : IdentityColumns()) line += CsvCell(column.text(row)) + ",";
  for (const Metric& metric : Metrics()) line += MachineText(metric, ValueOf(metric, row)) + ",";
  line.pop_back();
  return line + "\r\n";
}

std::string Number(double value) { return absl::StrFormat("%.6g", value); }

std::string FindingName(v1::Finding finding) {
  absl::string_view name = v1::Finding_Name(finding);
  absl::ConsumePrefix(&name, "FINDING_");
  return absl::AsciiStrToLower(name);
}

std::string FindingLine(const v1::Compared& compared) {
  const bool judged = compared.ratio() > 0;
  const auto known = [&](bool is, double value) { return is ? Number(value) : std::string(); };
  return absl::StrJoin(
             std::initializer_list<std::string>{
                 CsvCell(compared.scenario()), CsvCell(compared.baseline()),
                 CsvCell(compared.target()), CsvCell(compared.metric()),
                 CsvCell(compared.operation()), FindingName(compared.finding()),
                 absl::StrCat(compared.pairs_size()), known(judged, compared.ratio()),
                 known(compared.has_low(), compared.low()),
                 known(compared.has_high(), compared.high()), known(judged, compared.p()),
                 known(judged, compared.adjusted_p()), known(judged, compared.spread()),
                 known(compared.detectable() > 0, compared.detectable()),
                 CsvCell(compared.sentence())},
             ",") +
         "\r\n";
}

}  // namespace

absl::Status WriteCsvReport(const v1::RunResult& run, const std::string& path) {
  std::string text = HeaderLine();
  WEIR_RETURN_IF_ERROR(ForEachResultRow(run, [&](const ResultRow& row) { text += RowLine(row); }));
  return WriteOutputFile(path, text);
}

absl::Status WriteComparisonCsv(const v1::RunResult& run, const std::string& path) {
  std::string text =
      "scenario,baseline,target,metric,operation,finding,pairs,ratio,ratio_low_95,ratio_high_95,p,"
      "adjusted_p,spread,detectable,sentence\r\n";
  for (const v1::Compared& compared : run.comparison().compared()) text += FindingLine(compared);
  return WriteOutputFile(path, text);
}

}  // namespace weir
