// Writes all reports of the sample run into a folder, to look at: write_sample out/sample
#include <cstdio>
#include <string>

#include "reports/report.h"
#include "tests/reports/sample_run.h"

namespace weir {
namespace {

absl::Status WriteSample(const std::string& folder) {
  auto store = OpenResultsStore(folder + "/results.db");
  if (!store.ok()) return store.status();
  if ((*store)->ListRuns()->empty()) {
    if (absl::Status status = test::SaveSampleRun(**store); !status.ok()) return status;
  }
  const auto run = (*store)->LoadRun("latest");
  if (!run.ok()) return run.status();
  absl::Status status = WriteHtmlReport(**store, *run, folder + "/report.html");
  status.Update(WriteCsvReport(*run, folder + "/summary.csv"));
  status.Update(WriteJsonReport(**store, *run, folder + "/report.json"));
  fputs(TextReport(*run, 120, true).c_str(), stdout);
  return status;
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
