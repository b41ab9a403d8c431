#include "coordinator/cli/integrity_commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "integrity/ledger_replay.h"
#include "integrity/letter_replay.h"
#include "integrity/read_back.h"

#include "agent/workbench.h"
#include "agent/write_guard.h"
#include "base/disk.h"
#include "base/status.h"
#include "coordinator/cli/stored_targets.h"
#include "coordinator/journal.h"
#include "reports/quantity.h"

namespace weir {
namespace {

// Above it a container is counted and sampled, unless a full scan is asked for.
constexpr uint64_t kMostScanned = 1'000'000;

std::string Count(uint64_t count) { return CountText(static_cast<double>(count)); }

ExitCode Fail(const char* command, const absl::Status& status) {
  std::fprintf(stderr, "weir %s: %s\n", command, std::string(status.message()).c_str());
  return IsUnreachable(status) ? kExitTarget : kExitFailure;
}

std::string FolderOf(const std::string& given, const std::string& store, const v1::RunResult& run) {
  return given.empty() ? DeadLetterFolder(store, run.id()) : given;
}

void Print(const char* kind, const Difference& difference) {
  if (difference.total == 0) return;
  std::printf("  %s: %s\n", kind, Count(difference.total).c_str());
  for (const std::string& words : difference.shown) std::printf("    %s\n", words.c_str());
  if (difference.total > difference.shown.size()) {
    std::printf("    … and %s more\n", Count(difference.total - difference.shown.size()).c_str());
  }
}

void Print(const v1::Target& target, const ReplayedLedger& ledger, const ReadBackReport& report) {
  std::printf("%s: %s records must be there, %s more may be; %s found\n", target.name().c_str(),
              Count(report.required).c_str(), Count(report.uncertain).c_str(),
              Count(report.read).c_str());
  if (report.sampled > 0) {
    std::printf(
        "  counted, and %s of them read one by one: one loss in 10,000 is found with 99 %%"
        " by %s such reads\n",
        Count(report.sampled).c_str(), Count(kSampledReads).c_str());
  }
  if (!ledger.from_load) {
    std::printf("  the run loaded nothing: records of before it are not looked at\n");
  }
  Print("missing", report.missing);
  Print("there twice", report.duplicate);
  Print("altered", report.altered);
  Print("not of this run", report.unexpected);
  if (report.whole()) {
    std::printf("  every acknowledged record is there once and as it was written\n");
  }
}

absl::StatusOr<ReadBackReport> ReadBackAs(const std::string& how, const v1::Target& target,
                                          const StoredRun& stored, Backend& backend,
                                          ReplayedLedger* ledger) {
  const uint64_t possible = ledger->records.possible();
  const bool can_sample = target.has_cosmos();
  if (how == "sample" && !can_sample) {
    return absl::InvalidArgumentError("only Cosmos DB is read in samples; use --read full");
  }
  if (!can_sample || how == "full" || (how == "auto" && possible <= kMostScanned)) {
    return ReadAllBack(backend, *stored.dataset, ledger);
  }
  return ReadSampleBack(backend, *stored.dataset, *ledger, kSampledReads,
                        stored.run.campaign().seed());
}

// One request unit is the price of a point read of 1 KB; a scan of as much is far cheaper, but
// reads everything.
void SayCost(const v1::Target& target, const ReplayedLedger& ledger, const Dataset& dataset) {
  if (!target.has_cosmos()) return;
  const double kilobytes = static_cast<double>(dataset.TypicalJsonBytes()) / 1024;
  const double records = static_cast<double>(ledger.records.possible());
  std::printf(
      "%s: %s documents of about %.1f KB; a full read takes about %s pages of 1,000, "
      "sampling about %s RU\n",
      target.name().c_str(), Count(ledger.records.possible()).c_str(), kilobytes,
      CountText(records / 1000 + 1).c_str(),
      CountText(std::min(records, static_cast<double>(kSampledReads)) * std::max(1.0, kilobytes))
          .c_str());
}

using LetterGroup = std::tuple<std::string, std::string, std::string, bool>;

std::string TargetOf(const v1::RunResult& run, const v1::DeadLetter& letter) {
  const int leg = static_cast<int>(letter.leg());
  return leg < run.legs_size() ? run.legs(leg).target() : "?";
}

void AddFolderOption(CLI::App* command, std::string* letters) {
  command
      ->add_option("--letters", *letters,
                   "Folder with the agents' dead letters; beside the results store without")
      ->type_name("DIR");
}

}  // namespace

ExitCode VerifyCommand(const VerifyOptions& options) {
  const auto stored = OpenStoredRun(options.store, options.run);
  if (!stored.ok()) return Fail("verify", stored.status());
  const std::unique_ptr<Disk> disk = MakePosixDisk();
  const auto replayed = ReadReplayed(*disk, FolderOf(options.letters, options.store, stored->run));
  if (!replayed.ok()) return Fail("verify", replayed.status());
  bool whole = true;
  const absl::Status done = ForEachTarget(
      stored->run.campaign(), *stored->dataset, options.target,
      [&](const v1::Target& target, Backend& backend) -> absl::Status {
        WEIR_ASSIGN_OR_RETURN(
            ReplayedLedger ledger,
            ReplayLedger(stored->run, target.name(), *stored->dataset, *replayed, *stored->store));
        SayCost(target, ledger, *stored->dataset);
        WEIR_ASSIGN_OR_RETURN(const ReadBackReport report,
                              ReadBackAs(options.read, target, *stored, backend, &ledger));
        Print(target, ledger, report);
        whole &= report.whole();
        return absl::OkStatus();
      });
  if (!done.ok()) return Fail("verify", done);
  return whole ? kExitValid : kExitNotWhole;
}

ExitCode ListLettersCommand(const DeadLetterOptions& options) {
  const auto stored = OpenStoredRun(options.store, options.run);
  if (!stored.ok()) return Fail("deadletter list", stored.status());
  const std::unique_ptr<Disk> disk = MakePosixDisk();
  const std::string folder = FolderOf(options.letters, options.store, stored->run);
  const auto letters = ReadLetters(*disk, folder);
  if (!letters.ok()) return Fail("deadletter list", letters.status());
  const auto replayed = ReadReplayed(*disk, folder);
  if (!replayed.ok()) return Fail("deadletter list", replayed.status());
  struct Tally {
    uint64_t letters = 0;
    uint64_t delivered = 0;
    std::string detail;
  };
  std::map<LetterGroup, Tally> groups;
  for (const v1::DeadLetter& letter : *letters) {
    const std::string target = TargetOf(stored->run, letter);
    if (!options.target.empty() && target != options.target) continue;
    Tally& tally = groups[{target, letter.operation(), letter.verdict(), letter.writes()}];
    ++tally.letters;
    const auto again = replayed->find({letter.leg(), letter.stage(), letter.index()});
    tally.delivered += again != replayed->end() && again->second ? 1 : 0;
    if (tally.detail.empty()) tally.detail = letter.detail();
  }
  if (groups.empty()) std::printf("no dead letters in %s\n", folder.c_str());
  for (const auto& [group, tally] : groups) {
    const auto& [target, operation, verdict, writes] = group;
    std::printf("%s  %s  %s: %s%s  %s\n", target.c_str(), operation.c_str(), verdict.c_str(),
                Count(tally.letters).c_str(),
                !writes ? ", not to be sent again: they write nothing"
                        : absl::StrCat(", ", tally.delivered, " delivered since").c_str(),
                tally.detail.c_str());
  }
  return kExitValid;
}

ExitCode ReplayLettersCommand(const DeadLetterOptions& options) {
  const auto stored = OpenStoredRun(options.store, options.run);
  if (!stored.ok()) return Fail("deadletter replay", stored.status());
  const std::unique_ptr<Disk> disk = MakePosixDisk();
  const std::string folder = FolderOf(options.letters, options.store, stored->run);
  const auto letters = ReadLetters(*disk, folder);
  if (!letters.ok()) return Fail("deadletter replay", letters.status());
  bool all = true;
  const absl::Status done = ForEachTarget(
      stored->run.campaign(), *stored->dataset, options.target,
      [&](const v1::Target& target, Backend& backend) -> absl::Status {
        std::vector<v1::DeadLetter> mine;
        for (const v1::DeadLetter& letter : *letters) {
          if (TargetOf(stored->run, letter) == target.name()) mine.push_back(letter);
        }
        if (mine.empty()) return absl::OkStatus();
        WEIR_ASSIGN_OR_RETURN(const Standing standing, backend.Survey());
        WEIR_RETURN_IF_ERROR(MayTouch(standing, {.writes = true}, target.name()));
        std::map<Verdict, uint64_t> outcomes;
        WEIR_RETURN_IF_ERROR(
            ReplayLetters(*disk, folder, stored->run, *stored->dataset, backend, mine,
                          [&](const v1::DeadLetter&, const LetterOutcome& outcome) {
                            ++outcomes[outcome.verdict];
                            all &= outcome.verdict == Verdict::kOk;
                          }));
        std::printf("%s:", target.name().c_str());
        if (outcomes.empty()) std::printf(" nothing left to send");
        for (const auto& [verdict, count] : outcomes) {
          std::printf(" %s %s", Count(count).c_str(), std::string(VerdictName(verdict)).c_str());
        }
        std::printf("\n");
        return absl::OkStatus();
      });
  if (!done.ok()) return Fail("deadletter replay", done);
  return all ? kExitValid : kExitNotWhole;
}

void AddTargetOption(CLI::App* command, std::string* target) {
  command->add_option("--target", *target, "Only this one of the campaign's targets")
      ->type_name("NAME");
}

void AddVerifyOptions(CLI::App* command, VerifyOptions* options) {
  AddTargetOption(command, &options->target);
  AddFolderOption(command, &options->letters);
  command->add_option("--read", options->read, "full, sample (Cosmos DB), or auto by size")
      ->check(CLI::IsMember({"auto", "full", "sample"}))
      ->capture_default_str()
      ->type_name("");
  command->footer(
      "Every record that was acknowledged must be there once and as it was written. Exits with\n"
      "9 when one is missing, altered, there twice, or of nobody. Nothing may have written to\n"
      "the target since.\n\nExample:\n  weir verify latest --target pg");
}

void AddLetterOptions(CLI::App* command, DeadLetterOptions* options) {
  AddTargetOption(command, &options->target);
  AddFolderOption(command, &options->letters);
  command->footer(absl::StrCat("Example:\n  weir deadletter ", command->get_name(), " latest"));
}

}  // namespace weir
