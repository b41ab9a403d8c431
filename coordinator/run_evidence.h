// What a coordinator's journal tells of a run after its death. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "proto/journal.pb.h"
#include "proto/results.pb.h"

namespace weir {

struct RunEvidence {
  std::optional<v1::JournalPrepare> step;  // the last that was asked for
  // Of that step: operations may have been issued.
  std::optional<v1::JournalGo> go;
  std::map<uint32_t, v1::JournalShare> shares;  // by agent
  std::vector<uint64_t> kept;                   // by agent: reports up to these are in the store
  std::map<uint32_t, uint32_t> lost;            // agent → what was due before this second is lost

  int64_t last_unix_ns = 0;  // the coordinator's last sign of life
  // As the coordinator had left the run in the results store; not set: as it is there now.
  std::optional<v1::RunResult> before;
  // The latest, if there was one. The second from which on nothing is the coordinator's is the same
  // in all.
  std::optional<v1::JournalRecovery> recovery;

  // A load or a drive had begun whose seconds are kept: what it brought can be recovered, unless
  // the run says that it was recorded.
  bool stage_begun() const {
    return go && (step->task() == v1::TASK_LOAD || step->task() == v1::TASK_DRIVE);
  }
};

RunEvidence GatherEvidence(const std::vector<v1::JournalRecord>& journal);

// Whether the leg has what this stage brought.
bool IsRecorded(const v1::Leg& leg, v1::Task task);

}  // namespace weir
