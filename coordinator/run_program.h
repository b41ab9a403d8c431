// The order in which a run does things: first every target is reached, so that a wrong password
// stops the run before it begins; then, if asked for, the agents prove that they have headroom for
// every open loop; then each leg (scenario × target) is set up, loaded, verified and
// driven. A campaign that compares has a leg for each of its rounds, too: round after round, and in
// each the targets in the order of comparison_design.h. One that searches for capacity has the
// first probe of each search; each probe's end adds the next (capacity_course.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

struct LegPlan {
  uint32_t scenario;
  uint32_t target;
  uint32_t round = 0;              // of a comparison, from 1 on
  std::optional<v1::Probe> probe;  // of a search for capacity
  bool first = true;               // of the probes of its scenario on its target
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

// What the leg drives: the campaign's scenario, or as its probe has it.
v1::Scenario DrivenScenario(const v1::Campaign& campaign, const LegPlan& plan);

// What a leg takes, in order.
void AddLegSteps(const v1::Campaign& campaign, const LegPlan& plan, uint32_t leg, uint32_t agents,
                 std::vector<Step>* steps);

// The leg of a plan, before anything has happened to it.
v1::Leg NewLeg(const v1::Campaign& campaign, const LegPlan& plan, uint32_t index);

// Adds a leg to a run that is under way, and what it takes to *steps. What the agents' proof of
// headroom came to for its scenario holds for it as well. The leg is the run's last.
v1::Leg* AddLeg(const LegPlan& plan, uint32_t agents, RunProgram* program, v1::RunResult* run,
                std::vector<Step>* steps);

RunProgram MakeRunProgram(const v1::Campaign& campaign, uint32_t agents, bool prove_headroom);

const char* TaskWords(v1::Task task);   // "preparing to drive": what failed
const char* TaskInHand(v1::Task task);  // "driving", before "mixed on postgres"

}  // namespace weir
