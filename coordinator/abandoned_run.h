// A run whose coordinator died before it could say what came of it: found out by the journal that
// it left, never by guessing, and never run again.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "proto/journal.pb.h"
#include "proto/results.pb.h"

namespace weir {

// Whether a run that the store calls running has nobody any more who runs it.
bool IsAbandoned(Disk& disk, const std::string& store, const std::string& run_id);

// Gives the run of a dead coordinator the state and the verdict that the evidence allows.
void ConcludeAbandoned(const std::vector<v1::JournalRecord>& journal, v1::RunResult* run);

}  // namespace weir
