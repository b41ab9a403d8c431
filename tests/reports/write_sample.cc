// Writes all reports of the sample run into a folder, to look at: write_sample out/sample; and
// into its folder "unverified" those of the same run with an overridden gate. An older sample there
// is replaced.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "base/status.h"
#include "reports/report.h"
#include "tests/reports/sample_evidence.h"
#include "tests/reports/sample_run.h"

namespace weir {
namespace {

absl::Status WriteReports(const ResultsStore& store, const v1::RunResult& run,
                          const std::string& folder) {
  fputs(TextReport(run, 120, isatty(STDOUT_FILENO) == 1).c_str(), stdout);
  WEIR_RETURN_IF_ERROR(WriteCsvReport(run, folder + "/summary.csv"));
  WEIR_RETURN_IF_ERROR(WriteJsonReport(store, run, folder + "/report.json"));
  return WriteHtmlReport(store, run, folder + "/report.html");
}

absl::Status WriteSample(const std::string& folder) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(folder + "/results.db" + suffix);
  }
  WEIR_ASSIGN_OR_RETURN(const auto store, OpenResultsStore(folder + "/results.db"));
  WEIR_RETURN_IF_ERROR(test::SaveSampleRun(*store));
  WEIR_ASSIGN_OR_RETURN(v1::RunResult run, store->LoadRun("latest"));
  WEIR_RETURN_IF_ERROR(WriteReports(*store, run, folder));
  test::SpoilSampleRun(true, &run);
  return WriteReports(*store, run, folder + "/unverified");
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: write_sample FOLDER\n");
    return 2;
  }
  const absl::Status status = weir::WriteSample(argv[1]);
  if (!status.ok()) fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
