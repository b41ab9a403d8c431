// Agents that send to a server of several physical partitions, all in virtual time: what the
// congestion control makes of the emulator's budgets. Deterministic.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/cosmos/emulator/charge.h"

namespace weir::cosmos {

struct ModelAgent {
  int64_t starts_ns = 0;
  int sessions = 64;     // each sends one request after the other
  uint32_t records = 1;  // of one request; more than one can be divided
  double record_ru = 7;
  bool every_partition = false;  // sessions keep to a partition each, in turn; else drawn by weight
  double spread = 0.2;           // costs lie within ± this part of record_ru
  double share_told_ru = 0;      // RU/s of the container; 0: the agent is told nothing
  double offered_per_s = 0;      // requests, over all sessions; 0: as many as it can
};

struct ModelRun {
  double container_ru = 8000;                  // RU/s
  std::vector<double> weights = {1, 1, 1, 1};  // of the partitions
  std::vector<ModelAgent> agents;
  int64_t latency_ns = 4'000'000;  // there and back; drawn from half of it to three halves
  int64_t length_ns = 60'000'000'000;
  int64_t counted_from_ns = 10'000'000'000;
  double later_container_ru = 0;  // from the middle of the run on; 0: as before
};

struct ModelFigures {
  double utilisation = 0;            // granted ÷ provisioned
  double throttled_share = 0;        // of the requests
  std::vector<double> granted_ru;    // per second, by agent
  std::vector<double> partition_ru;  // per second, by partition
  uint64_t requests = 0;
  uint64_t before_retry_after = 0;  // sent to a partition earlier than it had asked for
};

ModelFigures Simulate(const ModelRun& run);

}  // namespace weir::cosmos
