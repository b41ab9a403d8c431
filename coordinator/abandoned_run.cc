#include "coordinator/abandoned_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "coordinator/journal.h"
#include "coordinator/leg_verdict.h"
#include "coordinator/run_program.h"

namespace weir {
namespace {

constexpr char kEnded[] = "the coordinator ended before the run did";

bool IsArmed(v1::Task task) {
  return task == v1::TASK_LOAD || task == v1::TASK_DRIVE || task == v1::TASK_PROVE ||
         task == v1::TASK_CANARY;
}

std::string WhereItEnded(const RunEvidence& evidence, const v1::RunResult& run) {
  if (!evidence.step) return kEnded;
  std::string words = absl::StrCat(kEnded, ", while ", TaskInHand(evidence.step->task()));
  const auto leg = static_cast<int>(evidence.step->leg());
  if (leg < run.legs_size()) {
    absl::StrAppend(&words, " ", run.legs(leg).scenario(), " on ", run.legs(leg).target());
  }
  if (IsArmed(evidence.step->task()) && !evidence.go) absl::StrAppend(&words, ", before its start");
  return absl::StrCat(words, evidence.go ? "; operations may have been issued" : "");
}

}  // namespace

bool IsAbandoned(Disk& disk, const std::string& store, const std::string& run_id) {
  const auto journal = ReadJournal(disk, JournalPath(store, run_id));
  // A damaged one is nobody's either: of a run without a journal that can be believed, nothing is
  // claimed but that it ended.
  return journal.ok() || absl::IsNotFound(journal.status()) || absl::IsDataLoss(journal.status());
}

bool CanBeRecovered(const RunEvidence& evidence, const v1::RunResult& run) {
  if (!evidence.stage_begun()) return false;
  const auto leg = static_cast<int>(evidence.step->leg());
  return leg < run.legs_size() && !IsRecorded(run.legs(leg), evidence.step->task());
}

std::string HowToRecover(const std::string& run_id) {
  return absl::StrCat("what its agents still have of that can be brought in: weir recover ", run_id,
                      " --spools DIR");
}

void ConcludeAbandoned(const RunEvidence& evidence, v1::RunResult* run, v1::Validity validity) {
  run->set_state(v1::RUN_STATE_ABORTED);
  run->set_finished_unix_ns(std::max(run->started_unix_ns(), evidence.last_unix_ns));
  const std::string reason = WhereItEnded(evidence, *run);
  for (v1::Leg& leg : *run->mutable_legs()) {
    if (leg.verdict().validity() != v1::VALIDITY_UNKNOWN) continue;
    leg.set_failure(absl::StrCat("not run to its end: ", kEnded));
    AddReason(v1::VALIDITY_INVALID, leg.failure(), leg.mutable_verdict());
  }
  AddReason(validity, reason, run->mutable_verdict());
}

}  // namespace weir
