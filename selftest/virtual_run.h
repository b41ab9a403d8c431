// A scenario carried out in virtual time by the agents' own code: schedule, operation plan, pacer
// and worker, one worker per agent. All agents share the server and the time. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "measure/tally.h"
#include "proto/campaign.pb.h"

namespace weir {

// Reads, measured for this long, of which every run of this room is made.
struct VirtualLoad {
  bool closed = false;   // a closed loop: without rate and arrivals
  uint64_t rate = 1000;  // per second
  int64_t seconds = 60;
  v1::ArrivalProcess arrivals = v1::ARRIVAL_PROCESS_POISSON;
  uint32_t sessions = 32;  // over all agents
  int64_t timeout_ns = 30'000'000'000;
  uint64_t seed = 1;
  int64_t warm_up_seconds = 0;  // before what is measured
};
v1::Campaign VirtualCampaign(const VirtualLoad& load);

// The clock stands here when the schedule starts.
inline constexpr int64_t kVirtualStartNs = 1'000'000'000;

// What became due in one second, and what was done.
struct VirtualSecond {
  uint64_t planned = 0;
  uint64_t settled = 0;
};

struct VirtualRunResult {
  Tally total;     // warm-up and measure
  Tally measured;  // of measure alone
  std::vector<VirtualSecond> seconds;
  uint64_t planned = 0;  // by the schedule, over all agents; 0 in a closed loop
};

// Carries out the campaign's only scenario.
absl::StatusOr<VirtualRunResult> RunInVirtualTime(const v1::Campaign& campaign, uint32_t agents,
                                                  Backend& server);

// What a harness does that gives every agent a schedule of its own, at rate ÷ agents from the start
// on: for comparison.
absl::StatusOr<VirtualRunResult> RunWithARateOfItsOwnEach(const v1::Campaign& campaign,
                                                          uint32_t agents, Backend& server);

// Every operation of the plan as `agents` agents make their shares, in order of its index: when it
// is due and what it does, as bytes.
absl::StatusOr<std::string> MergedPlan(const v1::Campaign& campaign, uint32_t agents);

}  // namespace weir
