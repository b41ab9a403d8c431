// Watches a stage's seconds as they are merged and judges at its end whether the generator and its
// surroundings were fit to measure with. Judges the measure phase; of a leg that only loads, the
// load. Memory grows with the agents, not with the length. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/gate_table.h"
#include "coordinator/resource_watch.h"
#include "coordinator/stage_merge.h"
#include "coordinator/tally_gates.h"
#include "proto/campaign.pb.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

// Differences between response and dispatch-response times up to here are not held against the
// generator: waking a sleeping thread takes the kernel about as long (6 µs at the median, tens in
// the tail), and no network database answers in so little that 20 µs would be 5 % of it. A
// proof against a backend that answers at once has nothing to compare with, so that there it is
// the lag itself that may not exceed a millisecond.
inline constexpr double kLagFloorNs = 20e3;
inline constexpr double kProofLagFloorNs = 1e6;

class GateWatch {
 public:
  GateWatch(const v1::Scenario& scenario, v1::Task task, uint32_t agents);

  void Add(const MergedSecond& second);
  void Add(const v1::Interval& second);

  // A watch for the same stage that has seen nothing yet and counts from a later second on.
  GateWatch From(uint32_t first_second) const;

  // The gates of this stage, from what was watched and from the leg's recorded results. Empty for a
  // load that a measure phase follows. Those of agents: every one that fails or could not be
  // measured, and the one that comes closest to the limit where none fails.
  std::vector<v1::GateResult> Judge(const v1::Leg& leg,
                                    const std::vector<v1::AgentFacts>& agents) const;

  // Of each agent, over the seconds that count.
  std::vector<v1::ResourceSample> resources() const;
  std::vector<v1::AgentSpread> spreads(const v1::Leg& leg) const;

  bool judges() const { return judges_; }
  uint32_t first_second() const { return first_second_; }

 private:
  void Add(uint32_t second, const v1::ResourceSample& sample);

  v1::Phase phase_;
  bool judges_ = true;
  bool drives_ = true;  // at the campaign's pace, not as fast as it goes
  bool open_loop_ = false;
  bool proves_ = false;  // against a target without network and without response times
  double floor_ns_ = kLagFloorNs;
  uint32_t first_second_ = 0;
  uint32_t end_second_ = UINT32_MAX;
  std::vector<ResourceWatch> machines_;  // by agent
};

// What the user chose to put up with.
struct Indulgence {
  bool overridden = false;      // gates that fail are listed, and the leg is UNVERIFIED in any case
  bool tolerates_loss = false;  // operations lost with an agent make the leg PARTIAL
};

// Writes the gates into the leg and draws the conclusion: a gate that failed makes the leg INVALID,
// but for what is indulged.
void ApplyGates(const std::vector<v1::GateResult>& gates, const Indulgence& indulgence,
                v1::Leg* leg);

}  // namespace weir
