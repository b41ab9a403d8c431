#include "coordinator/cli/recover_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "control/spool_reader.h"

#include "base/disk.h"
#include "base/status.h"
#include "coordinator/abandoned_run.h"
#include "coordinator/cli/store_commands.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/journal.h"
#include "coordinator/run_recovery.h"
#include "reports/report.h"
#include "reports/results_store.h"

namespace weir {
namespace {

void Say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

// What is there of the run before anything is recovered.
struct Remains {
  v1::RunResult run;  // as the coordinator left it
  RunEvidence evidence;
};

absl::StatusOr<Remains> FindRemains(Disk& disk, const std::string& store_path,
                                    const v1::RunResult& run) {
  const auto records = ReadJournal(disk, JournalPath(store_path, run.id()));
  if (absl::IsAlreadyExists(records.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat("the coordinator of run ", run.id(), " lives, or another recovery is at it"));
  }
  if (absl::IsNotFound(records.status())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run ", run.id(),
        " has no journal beside the results store: its coordinator did not die "
        "in the middle of a load or a drive, and what the store has of it is all there is"));
  }
  WEIR_RETURN_IF_ERROR(records.status());
  Remains remains{run, GatherEvidence(*records)};
  if (remains.evidence.before) remains.run = *remains.evidence.before;
  const bool died = remains.evidence.before || run.state() == v1::RUN_STATE_RUNNING;
  if (died && CanBeRecovered(remains.evidence, remains.run)) return remains;
  return absl::FailedPreconditionError(
      absl::StrCat("no load or drive of run ", run.id(),
                   " was in hand when its coordinator ended: the store has all there is of it"));
}

// In the order of their names, so that the same folders give the same result.
absl::StatusOr<std::vector<std::string>> FindSpoolFiles(const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& folder : folders) {
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                           error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      std::error_code unknown;
      const std::string name = entry->path().filename();
      if (name.starts_with(kSpoolPrefix) && entry->is_regular_file(unknown)) {
        files.push_back(entry->path());
      }
    }
    if (error) return absl::InternalError(absl::StrCat(folder, ": ", error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What is decided is in the journal before the store is changed: whoever is interrupted here can
// begin again.
absl::Status Save(Disk& disk, const std::string& store_path, const Remains& remains,
                  const RecoveredRun& recovered, ResultsStore& store) {
  WEIR_ASSIGN_OR_RETURN(const auto journal,
                        Journal::Open(disk, JournalPath(store_path, recovered.run.id())));
  if (!remains.evidence.before) {
    v1::JournalRecord conclusion;
    *conclusion.mutable_conclusion()->mutable_before() = remains.run;
    WEIR_RETURN_IF_ERROR(journal->Keep(conclusion));
  }
  v1::JournalRecord record;
  *record.mutable_recovery() = recovered.recovery;
  WEIR_RETURN_IF_ERROR(journal->Keep(record));
  return store.ReplaceFrom(recovered.first_second, recovered.run, recovered.leg, recovered.stage,
                           recovered.seconds);
}

absl::StatusOr<RecoveredRun> Recover(const std::string& store_path, const RecoverOptions& options,
                                     ResultsStore& store) {
  const std::unique_ptr<Disk> disk = MakePosixDisk();
  WEIR_ASSIGN_OR_RETURN(const v1::RunResult run, store.LoadRun(options.run));
  WEIR_ASSIGN_OR_RETURN(const Remains remains, FindRemains(*disk, store_path, run));
  WEIR_ASSIGN_OR_RETURN(const std::vector<std::string> files, FindSpoolFiles(options.spools));
  const uint32_t leg = remains.evidence.step->leg();
  SpoolShelf spools(remains.run, remains.evidence.step->step());
  for (const std::string& path : files) {
    const std::string passed_over = spools.Add(path, [path] { return OpenToRead(path); });
    if (!passed_over.empty()) Say(passed_over);
  }
  if (spools.agents() == 0) {
    return absl::NotFoundError(
        absl::StrCat("no spool of run ", run.id(),
                     " is there: each agent that lost its coordinator says where "
                     "its own is (",
                     kSpoolPrefix, "…), by default in the temporary folder of its machine"));
  }
  WEIR_ASSIGN_OR_RETURN(RecoveredRun recovered,
                        RecoverRun(remains.run, remains.evidence, spools, [&](auto visit) {
                          return store.ForEachInterval(run.id(), leg, visit);
                        }));
  WEIR_RETURN_IF_ERROR(Save(*disk, store_path, remains, recovered, store));
  return recovered;
}

}  // namespace

void AddRecoverOptions(CLI::App* command, RecoverOptions* options) {
  command->add_option("run", options->run, "Id of a run, the beginning of one, or latest")
      ->required()
      ->type_name("RUN");
  command
      ->add_option("--spools", options->spools,
                   "Folders with the spool files of its agents (weir-spool-…), also in folders "
                   "below; repeatable")
      ->required()
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  command->footer(
      "Agents that lost their coordinator stop, keep what it had not acknowledged, and say where.\n"
      "Copy those files to this machine; the results store and the journal beside it are the\n"
      "coordinator's. Nothing is run again. What nobody tells of is counted as lost. With more\n"
      "spools it can be done again; name those of before as well. Exits with 8 when the run is\n"
      "PARTIAL, 5 when it is INVALID, 1 when nothing could be recovered.\n\n"
      "Example:\n  weir recover latest --spools /tmp from-node-2 from-node-3");
}

ExitCode RecoverCommand(const std::string& store_path, const RecoverOptions& options) {
  auto store = OpenExistingStore(store_path);
  absl::StatusOr<RecoveredRun> recovered =
      store.ok() ? Recover(store_path, options, **store) : store.status();
  if (!recovered.ok()) {
    Say(absl::StrCat("weir recover: ", recovered.status().message()));
    return kExitFailure;
  }
  const v1::RunResult& run = recovered->run;
  std::fputs(TextReport(**store, run, TerminalWidth(), TerminalColours()).c_str(), stdout);
  return run.verdict().validity() == v1::VALIDITY_INVALID ? kExitRunInvalid : kExitRunPartial;
}

}  // namespace weir
