// Brings the stage that was in hand when a coordinator died to the end that its agents' spools
// allow (R44): the seconds that were kept, and behind them what the spools hold, merged as the
// coordinator would have. Nothing is counted twice, nothing is run again, and what nobody tells of
// is booked as lost (R42). Pure but for what it is handed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/run_evidence.h"
#include "coordinator/spool_shelf.h"
#include "proto/results.pb.h"

namespace weir {

// What is to be saved, all of it or nothing.
struct RecoveredRun {
  v1::RunResult run;
  uint32_t leg = 0;
  v1::Phase stage = v1::PHASE_UNSPECIFIED;
  uint32_t first_second = 0;  // of the stage: from here on the store's seconds are replaced by
  std::vector<v1::Interval> seconds;
  v1::JournalRecovery recovery;  // for the journal, before the store is changed
  uint64_t lost = 0;             // planned operations that nobody tells of
  bool whole = false;  // every agent carried out its share, and nothing of what it told is missing
};

// Visits every second that the store has of the leg, in order of stage and second.
using ReadKept = std::function<absl::Status(
    absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit)>;

// `run` as the coordinator left it; CanBeRecovered(evidence, run). An error of `kept` or of a file
// is handed back, and so is kFailedPrecondition when fewer reports are there than in an earlier
// recovery: it would be replaced by less.
absl::StatusOr<RecoveredRun> RecoverRun(const v1::RunResult& run, const RunEvidence& evidence,
                                        const SpoolShelf& spools, const ReadKept& kept);

}  // namespace weir
