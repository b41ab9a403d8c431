// The dead letters of a run: read from their files, sent again, and what became of them written
// down beside them. Blocks; one thread.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "integrity/ledger_replay.h"

#include "backends/api/backend.h"
#include "base/disk.h"
#include "generators/dataset.h"
#include "proto/letters.pb.h"
#include "proto/results.pb.h"

namespace weir {

// Every letter in the files of a folder; none where there is no folder.
absl::StatusOr<std::vector<v1::DeadLetter>> ReadLetters(Disk& disk, const std::string& folder);

// What was written down of those that were sent again.
absl::StatusOr<Replayed> ReadReplayed(Disk& disk, const std::string& folder);

struct LetterOutcome {
  Verdict verdict = Verdict::kFailed;
  std::string detail;
};

// Sends writes again, record by record, each taking effect once however often this is done (R50):
// an insert whose record is there is done, and so is a delete whose record is gone; a replace of a
// record that is not there is "not_found". The outcome is on the disk before `visit` hears of it.
absl::Status ReplayLetters(
    Disk& disk, const std::string& folder, const v1::RunResult& run, const Dataset& dataset,
    Backend& backend, const std::vector<v1::DeadLetter>& letters,
    absl::FunctionRef<void(const v1::DeadLetter& letter, const LetterOutcome& outcome)> visit);

}  // namespace weir
