// The order in which a run does things: first every target is reached, so that a wrong password
// stops the run before it begins; then, if asked for, the agents prove that they have headroom for
// every open loop; then each leg (scenario × target) is set up, loaded, verified and
// driven. A campaign that compares has a leg for each of its rounds, too: round after round, and in
// each the targets in the order of comparison_design.h.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/control.pb.h"

namespace weir {

struct LegPlan {
  uint32_t scenario;
  uint32_t target;
  uint32_t round = 0;  // of a comparison, from 1 on
};

enum class Scope : uint8_t { kLeader, kOthers, kAll };  // which agents take part

struct Step {
  uint32_t leg;
  v1::Task task;
  Scope scope;
  bool armed = false;  // runs operations from an agreed start
  bool last_of_leg = false;
};

struct RunProgram {
  std::vector<LegPlan> legs;
  std::vector<Step> steps;
};

// What a leg takes, in order.
void AddLegSteps(const v1::Campaign& campaign, const LegPlan& plan, uint32_t leg, uint32_t agents,
                 std::vector<Step>* steps);

RunProgram MakeRunProgram(const v1::Campaign& campaign, uint32_t agents, bool prove_headroom);

}  // namespace weir
