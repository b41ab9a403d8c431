#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "base/status.h"
#include "reports/metrics.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/summary_columns.h"

namespace weir {
namespace {

// A cell that starts so is run as a formula by spreadsheets.
bool LooksLikeFormula(const std::string& text) {
  return !text.empty() && absl::string_view("=+-@\t\r\n").find(text[0]) != absl::string_view::npos;
}

std::string TextCell(std::string text) {
  if (LooksLikeFormula(text)) text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + absl::StrReplaceAll(text, {{"\"", "\"\""}}) + "\"";
}

std::string HeaderLine() {
  std::string line;
  for (const IdentityColumn& column : IdentityColumns()) absl::StrAppend(&line, column.name, ",");
  for (const Metric& metric : Metrics()) absl::StrAppend(&line, metric.name, ",");
  line.pop_back();
  return line + "\r\n";
}

std::string RowLine(const ResultRow& row) {
  std::string line;
  for (const IdentityColumn& column : IdentityColumns()) line += TextCell(column.text(row)) + ",";
  for (const Metric& metric : Metrics()) line += MachineText(metric, ValueOf(metric, row)) + ",";
  line.pop_back();
  return line + "\r\n";
}

}  // namespace

absl::Status WriteCsvReport(const v1::RunResult& run, const std::string& path) {
  std::string text = HeaderLine();
  WEIR_RETURN_IF_ERROR(ForEachResultRow(run, [&](const ResultRow& row) { text += RowLine(row); }));
  return WriteOutputFile(path, text);
}

}  // namespace weir
