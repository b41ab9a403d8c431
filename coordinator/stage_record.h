// Writes down in the leg what a stage brought: totals, spans, each agent's share, error samples.
// Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/gate_start.h"
#include "coordinator/stage_merge.h"
#include "proto/campaign.pb.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

struct StageFacts {
  v1::Task task;
  const v1::Scenario& scenario;
  std::vector<v1::StageDone>& ends;       // by agent; empty for one that was lost; used up
  const std::vector<AgentStart>& starts;  // by agent
  uint32_t seconds_merged = 0;
  bool cut_short = false;  // the run ended before the stage did
};

void RecordStage(const StageFacts& facts, const StageMerge& merge, v1::Leg* leg);

// So many agents keep a histogram of their own for each operation in the result (R45).
inline constexpr uint32_t kMostWithHistograms = 64;

// Once the gates are judged: of more agents than that, only the counts stay. The merged histograms
// have everything; of a single agent what stays is its counts, and what AgentSpread tells.
void ForgetShares(uint32_t agents, v1::Leg* leg);

}  // namespace weir
