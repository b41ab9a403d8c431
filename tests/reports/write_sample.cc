// Writes all reports of the sample run into a folder, to look at: write_sample out/sample; and
// into its folder "unverified" those of the same run with an overridden gate; into "search" that of
// a search for capacity, into "hostile" that of a run whose every text is markup. An older sample
// there is replaced.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "measure/tally.h"
#include "reports/cost.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/result_row.h"
#include "tests/reports/hostile_texts.h"
#include "tests/reports/sample_evidence.h"
#include "tests/reports/sample_prices.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/sample_search.h"

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
  WEIR_RETURN_IF_ERROR(WriteCostCsv(run, folder + "/cost.csv"));
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
  v1::TargetCost* instance = run.mutable_campaign()->mutable_cost()->add_targets();
  instance->set_name("postgres");
  instance->set_instance("small");
  instance->mutable_storage()->set_bytes(64ull << 30);
  run.mutable_campaign()->mutable_cost()->set_percentile(0.99);
  run.mutable_campaign()->mutable_cost()->set_headroom(0.2);
  WEIR_ASSIGN_OR_RETURN(*run.mutable_cost(),
                        ComputeCost(*store, run, test::SamplePrices(), "home"));
  WEIR_RETURN_IF_ERROR(WriteReports(*store, run, folder));
  WEIR_ASSIGN_OR_RETURN(const std::string expected, ExpectedOfHlog(run));
  WEIR_RETURN_IF_ERROR(WriteOutputFile(folder + "/hlog_expected.txt", expected));
  test::SpoilSampleRun(true, &run);
  WEIR_RETURN_IF_ERROR(WriteReports(*store, run, folder + "/unverified"));
  WEIR_RETURN_IF_ERROR(WriteHtmlReport(*store, test::HostileRun(test::HostileMarkup()),
                                       folder + "/hostile/everything.html"));
  v1::RunResult hostile = test::SampleRun();
  test::FillTexts(test::HostileMarkup(), &hostile);
  WEIR_RETURN_IF_ERROR(WriteHtmlReport(*store, hostile, folder + "/hostile/report.html"));
  return WriteHtmlReport(*store, test::SampleSearch(), folder + "/search/report.html");
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
