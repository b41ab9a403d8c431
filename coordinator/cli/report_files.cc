#include "coordinator/cli/report_files.h"

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "reports/report.h"

namespace weir {
namespace {

absl::Status WriteFile(const ResultsStore& store, const v1::RunResult& run,
                       const std::string& format, const std::string& path) {
  if (format == "html") return WriteHtmlReport(store, run, path);
  if (format == "csv") return WriteCsvReport(run, path);
  if (format == "md") return WriteMarkdownReport(run, path);
  if (format == "hlog") return WriteHlog(store, run, path);
  return WriteJsonReport(store, run, path);
}

absl::Status WriteFindings(const v1::RunResult& run, const std::string& folder) {
  if (run.comparison().compared().empty()) return absl::OkStatus();
  const std::string path = std::filesystem::path(folder) / "comparison.csv";
  WEIR_RETURN_IF_ERROR(WriteComparisonCsv(run, path));
  std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

absl::Status WriteProbes(const v1::RunResult& run, const std::string& folder) {
  if (run.capacities().empty()) return absl::OkStatus();
  const std::string path = std::filesystem::path(folder) / "capacity.csv";
  WEIR_RETURN_IF_ERROR(WriteCapacityCsv(run, path));
  std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

absl::Status WriteCosts(const v1::RunResult& run, const std::string& folder) {
  if (run.cost().legs().empty()) return absl::OkStatus();
  const std::string path = std::filesystem::path(folder) / "cost.csv";
  WEIR_RETURN_IF_ERROR(WriteCostCsv(run, path));
  std::printf("%s\n", path.c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteReportFiles(const ResultsStore& store, const v1::RunResult& run,
                              const std::vector<std::string>& formats, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot create ", folder, ": ", error.message()));
  }
  const std::vector<std::string> all = {"html", "csv", "md", "json", "hlog"};
  for (const std::string& format : formats.empty() ? all : formats) {
    const char* name = format == "csv"    ? "summary.csv"
                       : format == "html" ? "report.html"
                       : format == "hlog" ? "run.hlog"
                       : format == "md"   ? "report.md"
                                          : "report.json";
    const std::string path = std::filesystem::path(folder) / name;
    WEIR_RETURN_IF_ERROR(WriteFile(store, run, format, path));
    std::printf("%s\n", path.c_str());
    if (format != "csv") continue;
    WEIR_RETURN_IF_ERROR(WriteFindings(run, folder));
    WEIR_RETURN_IF_ERROR(WriteCosts(run, folder));
    WEIR_RETURN_IF_ERROR(WriteProbes(run, folder));
  }
  return absl::OkStatus();
}

}  // namespace weir
