// Writes all reports of the sample run into a folder, to look at: write_sample out/sample; and
// into its folder "unverified" those of the same run with an overridden gate. An older sample there
// is replaced.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "measure/tally.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/result_row.h"
#include "tests/reports/sample_evidence.h"
#include "tests/reports/sample_run.h"

namespace weir {
namespace {

struct NamedHistogram {
  const char* name;
  Histogram Tally::*histogram;
};
constexpr NamedHistogram kHistograms[] = {
    {"response", &Tally::response},
    {"service", &Tally::service},
    {"wait", &Tally::wait},
    {"lag", &Tally::lag},
    {"failed_response", &Tally::failed_response},
    {"dispatch_response", &Tally::dispatch_response},
    {"server_time", &Tally::server_time},
    {"charge", &Tally::charge},
};

// For tests/reports/interop: tag of run.hlog, count, p50, p99, p99.9 and maximum of each histogram
// of the run.
absl::StatusOr<std::string> ExpectedOfHlog(const v1::RunResult& run) {
  std::string text;
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::PhaseResult& result : leg.results()) {
      Tally total;
      WEIR_RETURN_IF_ERROR(total.Add(result.total()));
      for (const NamedHistogram& named : kHistograms) {
        const Histogram& h = total.*named.histogram;
        if (h.empty()) continue;
        absl::StrAppend(&text, leg.scenario(), "/", leg.target(), "/", PhaseName(result.phase()),
                        "/", OperationName(leg, result.phase(), result.operation()), "/",
                        named.name, " ", h.count(), " ", h.ValueAtQuantile(0.5), " ",
                        h.ValueAtQuantile(0.99), " ", h.ValueAtQuantile(0.999), " ", h.Max(), "\n");
      }
    }
  }
  return text;
}

absl::Status WriteReports(const ResultsStore& store, const v1::RunResult& run,
                          const std::string& folder) {
  fputs(TextReport(run, 120, isatty(STDOUT_FILENO) == 1).c_str(), stdout);
  WEIR_RETURN_IF_ERROR(WriteCsvReport(run, folder + "/summary.csv"));
  WEIR_RETURN_IF_ERROR(WriteJsonReport(store, run, folder + "/report.json"));
  WEIR_RETURN_IF_ERROR(WriteHlog(store, run, folder + "/run.hlog"));
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
  WEIR_ASSIGN_OR_RETURN(const std::string expected, ExpectedOfHlog(run));
  WEIR_RETURN_IF_ERROR(WriteOutputFile(folder + "/hlog_expected.txt", expected));
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
