// A run whose coordinator died before it could say what came of it: found out by the journal that
// it left, never by guessing, and never run again.
#pragma once

#include <string>

#include "base/disk.h"
#include "coordinator/run_evidence.h"
#include "proto/results.pb.h"

namespace weir {

// Whether a run that the store calls running has nobody any more who runs it.
bool IsAbandoned(Disk& disk, const std::string& store, const std::string& run_id);

// Gives the run of a dead coordinator the state and the verdict that the evidence allows: no better
// than `validity`.
void ConcludeAbandoned(const RunEvidence& evidence, v1::RunResult* run,
                       v1::Validity validity = v1::VALIDITY_INVALID);

// Whether a stage was in hand of which the run has no result. `run` as the coordinator left it.
bool CanBeRecovered(const RunEvidence& evidence, const v1::RunResult& run);

std::string HowToRecover(const std::string& run_id);  // in words, for the user

}  // namespace weir
