#include "coordinator/cli/store_commands.h"

#include <cstdio>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/disk.h"
#include "base/printable.h"
#include "base/status.h"
#include "coordinator/abandoned_run.h"
#include "coordinator/cli/report_files.h"
#include "coordinator/cli/run_prices.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/journal.h"
#include "reports/quantity.h"
#include "reports/report.h"
#include "reports/results_store.h"
#include "reports/text_table.h"

namespace weir {
namespace {

// "RUN_STATE_FINISHED" → "finished"
std::string StateText(v1::RunState state) {
  absl::string_view name = v1::RunState_Name(state);
  absl::ConsumePrefix(&name, "RUN_STATE_");
  return absl::AsciiStrToLower(name);
}

std::string ValidityText(v1::Validity validity) {
  absl::string_view name = v1::Validity_Name(validity);
  absl::ConsumePrefix(&name, "VALIDITY_");
  return validity == v1::VALIDITY_UNKNOWN ? "–" : std::string(name);
}

// Runs whose coordinator died get the end that the evidence allows. The journal has then served,
// unless a stage was in hand whose agents may still have what it brought.
absl::Status ConcludeRun(Disk& disk, const std::string& path, const std::string& id,
                         ResultsStore& store) {
  WEIR_ASSIGN_OR_RETURN(v1::RunResult run, store.LoadRun(id));
  // It may have ended between the two looks.
  if (run.state() != v1::RUN_STATE_RUNNING) return absl::OkStatus();
  const std::string journal_path = JournalPath(path, run.id());
  const auto records = ReadJournal(disk, journal_path);
  const RunEvidence evidence =
      GatherEvidence(records.ok() ? *records : std::vector<v1::JournalRecord>());
  const bool recoverable = CanBeRecovered(evidence, run);
  if (recoverable) {
    v1::JournalRecord conclusion;
    *conclusion.mutable_conclusion()->mutable_before() = run;
    WEIR_ASSIGN_OR_RETURN(const auto journal, Journal::Open(disk, journal_path));
    WEIR_RETURN_IF_ERROR(journal->Keep(conclusion));
  }
  ConcludeAbandoned(evidence, &run);
  if (recoverable) run.mutable_verdict()->add_reasons(HowToRecover(run.id()));
  WEIR_RETURN_IF_ERROR(store.SaveRun(run));
  return recoverable ? absl::OkStatus() : disk.Remove(journal_path);
}

absl::Status ConcludeAbandonedRuns(const std::string& path, ResultsStore& store) {
  const std::unique_ptr<Disk> disk = MakePosixDisk();
  WEIR_ASSIGN_OR_RETURN(const std::vector<RunSummary> runs, store.ListRuns());
  for (const RunSummary& summary : runs) {
    if (summary.state != v1::RUN_STATE_RUNNING || !summary.damage.empty()) continue;
    if (!IsAbandoned(*disk, path, summary.id)) continue;
    const absl::Status concluded = ConcludeRun(*disk, path, summary.id, store);
    if (absl::IsAlreadyExists(concluded)) continue;  // somebody else is about to
    // One that cannot be read keeps no other from being shown.
    if (!absl::IsDataLoss(concluded)) WEIR_RETURN_IF_ERROR(concluded);
  }
  return absl::OkStatus();
}

// Aborted runs with a journal that nobody has recovered yet.
void SayWhatCanBeRecovered(const std::string& path, const std::vector<RunSummary>& runs) {
  const std::unique_ptr<Disk> disk = MakePosixDisk();
  for (const RunSummary& run : runs) {
    if (run.state != v1::RUN_STATE_ABORTED || !run.damage.empty()) continue;
    const auto records = ReadJournal(*disk, JournalPath(path, run.id));
    if (!records.ok()) continue;
    const RunEvidence evidence = GatherEvidence(*records);
    if (!evidence.before || evidence.recovery) continue;
    std::fprintf(stderr, "%s: its coordinator died; %s\n", run.id.c_str(),
                 HowToRecover(run.id).c_str());
  }
}

absl::StatusOr<std::unique_ptr<ResultsStore>> OpenUpToDate(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<ResultsStore> store, OpenExistingStore(path));
  WEIR_RETURN_IF_ERROR(ConcludeAbandonedRuns(path, *store));
  return store;
}

absl::Status List(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ResultsStore> store, OpenUpToDate(path));
  WEIR_ASSIGN_OR_RETURN(const std::vector<RunSummary> runs, store->ListRuns());
  TextTable table({{"run", 9, true},
                   {"started", 6, true},
                   {"campaign", 7, true},
                   {"state", 8, true},
                   {"verdict", 8, true},
                   {"legs", 1}});
  for (const RunSummary& run : runs) {
    table.Add({Printable(run.id), UtcText(run.started_unix_ns), Printable(run.campaign),
               run.damage.empty() ? StateText(run.state) : "damaged", ValidityText(run.validity),
               absl::StrCat(run.legs)});
  }
  std::fputs(runs.empty() ? "no runs yet\n" : table.Render(TerminalWidth()).c_str(), stdout);
  for (const RunSummary& run : runs) {
    if (run.damage.empty()) continue;
    std::fprintf(stderr, "%s cannot be used: %s; the others can\n", Printable(run.id).c_str(),
                 run.damage.c_str());
  }
  SayWhatCanBeRecovered(path, runs);
  return absl::OkStatus();
}

absl::Status Show(const std::string& path, const std::string& id, const PriceChoice& prices) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ResultsStore> store, OpenUpToDate(path));
  WEIR_ASSIGN_OR_RETURN(v1::RunResult run, store->LoadRun(id));
  WEIR_RETURN_IF_ERROR(PriceStoredRun(*store, prices, &run));
  std::fputs(TextReport(*store, run, TerminalWidth(), TerminalColours()).c_str(), stdout);
  return absl::OkStatus();
}

absl::Status Report(const std::string& path, const std::string& id,
                    const std::vector<std::string>& formats, const std::string& folder,
                    const PriceChoice& prices) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ResultsStore> store, OpenUpToDate(path));
  WEIR_ASSIGN_OR_RETURN(v1::RunResult run, store->LoadRun(id));
  WEIR_RETURN_IF_ERROR(PriceStoredRun(*store, prices, &run));
  return WriteReportFiles(*store, run, formats, folder);
}

ExitCode Finish(const char* command, const absl::Status& status) {
  if (status.ok()) return kExitValid;
  std::fprintf(stderr, "weir %s: %s\n", command, std::string(status.message()).c_str());
  return kExitFailure;
}

}  // namespace

// A store is only made by a run: looking at one that is not there must not leave an empty file.
absl::StatusOr<std::unique_ptr<ResultsStore>> OpenExistingStore(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat("there is no results store ", path,
                                            " yet; weir run makes it (or name one with --store)"));
  }
  return OpenResultsStore(path);
}

ExitCode ListCommand(const std::string& store) { return Finish("list", List(store)); }

ExitCode ShowCommand(const std::string& store, const std::string& run, const PriceChoice& prices) {
  return Finish("show", Show(store, run, prices));
}

ExitCode ReportCommand(const std::string& store, const std::string& run,
                       const std::vector<std::string>& formats, const std::string& folder,
                       const PriceChoice& prices) {
  return Finish("report", Report(store, run, formats, folder, prices));
}

}  // namespace weir
