#include "coordinator/run_evidence.h"

#include <algorithm>

namespace weir {
namespace {

void BeginStep(const v1::JournalPrepare& prepare, RunEvidence* evidence) {
  evidence->step = prepare;
  evidence->go.reset();
  evidence->shares.clear();
  evidence->kept.clear();
  evidence->lost.clear();
}

// Of the step in hand; records of another one are not of our making.
void AddOfStep(const v1::JournalRecord& record, RunEvidence* evidence) {
  const uint32_t step = evidence->step ? evidence->step->step() : 0;
  if (record.has_go() && record.go().step() == step) evidence->go = record.go();
  if (record.has_shares() && record.shares().step() == step) {
    for (const v1::JournalShare& share : record.shares().shares()) {
      evidence->shares[share.agent()] = share;
    }
  }
  if (record.has_kept() && record.kept().step() == step) {
    evidence->kept = {record.kept().sequences().begin(), record.kept().sequences().end()};
  }
  if (record.has_lost() && record.lost().step() == step) {
    evidence->lost.emplace(record.lost().agent(), record.lost().end());
  }
}

}  // namespace

RunEvidence GatherEvidence(const std::vector<v1::JournalRecord>& journal) {
  RunEvidence evidence;
  for (const v1::JournalRecord& record : journal) {
    if (record.has_conclusion()) {
      if (!evidence.before) evidence.before = record.conclusion().before();
    } else if (record.has_recovery()) {
      const uint32_t first_second =
          evidence.recovery ? evidence.recovery->first_second() : record.recovery().first_second();
      evidence.recovery = record.recovery();
      evidence.recovery->set_first_second(first_second);
    } else {
      evidence.last_unix_ns = std::max(evidence.last_unix_ns, record.unix_ns());
      if (record.has_prepare()) BeginStep(record.prepare(), &evidence);
      AddOfStep(record, &evidence);
    }
  }
  return evidence;
}

bool IsRecorded(const v1::Leg& leg, v1::Task task) {
  const v1::Phase phase = task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
  return std::any_of(leg.spans().begin(), leg.spans().end(),
                     [&](const v1::PhaseSpan& span) { return span.phase() == phase; });
}

}  // namespace weir
