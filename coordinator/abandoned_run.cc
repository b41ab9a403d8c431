#include "coordinator/abandoned_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/journal.h"
#include "coordinator/leg_verdict.h"

namespace weir {
namespace {

constexpr char kEnded[] = "the coordinator ended before the run did";

const char* TaskWords(v1::Task task) {
  switch (task) {
    case v1::TASK_LOAD:
      return "the load";
    case v1::TASK_DRIVE:
      return "warm-up and measure";
    case v1::TASK_PROVE:
      return "the proof of headroom";
    case v1::TASK_CANARY:
      return "the canary";
    case v1::TASK_VERIFY:
      return "reading back";
    default:
      return "setting up";
  }
}

struct Evidence {
  const v1::JournalPrepare* step = nullptr;  // the last that was asked for
  const v1::JournalGo* go = nullptr;         // of that step
  int64_t last_unix_ns = 0;
};

Evidence Gather(const std::vector<v1::JournalRecord>& journal) {
  Evidence evidence;
  for (const v1::JournalRecord& record : journal) {
    evidence.last_unix_ns = std::max(evidence.last_unix_ns, record.unix_ns());
    if (record.has_prepare()) evidence.step = &record.prepare();
    if (record.has_go()) evidence.go = &record.go();
  }
  const bool current = evidence.go != nullptr && evidence.step != nullptr &&
                       evidence.go->step() == evidence.step->step();
  if (!current) evidence.go = nullptr;
  return evidence;
}

}  // namespace

bool IsAbandoned(Disk& disk, const std::string& store, const std::string& run_id) {
  const auto journal = ReadJournal(disk, JournalPath(store, run_id));
  // A damaged one is nobody's either: of a run without a journal that can be believed, nothing is
  // claimed but that it ended.
  return journal.ok() || absl::IsNotFound(journal.status()) || absl::IsDataLoss(journal.status());
}

void ConcludeAbandoned(const std::vector<v1::JournalRecord>& journal, v1::RunResult* run) {
  const Evidence evidence = Gather(journal);
  run->set_state(v1::RUN_STATE_ABORTED);
  run->set_finished_unix_ns(std::max(run->started_unix_ns(), evidence.last_unix_ns));
  std::string reason = kEnded;
  if (evidence.step != nullptr) {
    const auto leg = static_cast<int>(evidence.step->leg());
    absl::StrAppend(&reason, ", during ", TaskWords(evidence.step->task()));
    if (leg < run->legs_size()) {
      absl::StrAppend(&reason, " of ", run->legs(leg).scenario(), " on ", run->legs(leg).target());
    }
    absl::StrAppend(&reason, evidence.go != nullptr ? "; operations may have been issued" : "");
  }
  for (v1::Leg& leg : *run->mutable_legs()) {
    if (leg.verdict().validity() != v1::VALIDITY_UNKNOWN) continue;
    leg.set_failure(absl::StrCat("not run to its end: ", kEnded));
    AddReason(v1::VALIDITY_INVALID, leg.failure(), leg.mutable_verdict());
  }
  AddReason(v1::VALIDITY_INVALID, reason, run->mutable_verdict());
}

}  // namespace weir
