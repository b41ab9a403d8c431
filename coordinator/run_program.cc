#include "coordinator/run_program.h"

#include <set>

#include "reports/comparison_design.h"

namespace weir {
namespace {

// A machine that was busy for a moment may try again; agents that cannot do it never can.
constexpr int kProofAttempts = 3;

// A closed loop asks for no rate that could be too high.
bool NeedsProof(const v1::Scenario& scenario) {
  return scenario.shape().has_open() && scenario.phases().measure().ns() > 0;
}

// Every leg of the campaign, in the order in which they are to run.
std::vector<LegPlan> PlanLegs(const v1::Campaign& campaign) {
  std::vector<LegPlan> legs;
  const uint32_t rounds = campaign.has_compare() ? RoundsOf(campaign.compare()) : 0;
  for (uint32_t s = 0; s < static_cast<uint32_t>(campaign.scenarios_size()); ++s) {
    const auto targets = TargetsOf(campaign, campaign.scenarios(static_cast<int>(s)));
    if (rounds == 0) {
      for (const uint32_t target : targets) legs.push_back({s, target});
    }
    for (uint32_t round = 1; round <= rounds; ++round) {
      for (const uint32_t target : RoundOrder(campaign.seed(), s, round, targets)) {
        legs.push_back({s, target, round});
      }
    }
  }
  return legs;
}

}  // namespace

void AddLegSteps(const v1::Campaign& campaign, const LegPlan& plan, uint32_t leg, uint32_t agents,
                 std::vector<Step>* steps) {
  const v1::Scenario& scenario = campaign.scenarios(static_cast<int>(plan.scenario));
  steps->push_back({leg, v1::TASK_SET_UP, Scope::kLeader});
  if (agents > 1) steps->push_back({leg, v1::TASK_SET_UP, Scope::kOthers});
  const v1::Phases& phases = scenario.phases();
  if (phases.has_load()) {
    steps->push_back({leg, v1::TASK_LOAD, Scope::kAll, /*armed=*/true});
    if (phases.load().verify()) steps->push_back({leg, v1::TASK_VERIFY, Scope::kLeader});
  }
  if (plan.round > 0 && campaign.compare().canary().ns() > 0 && phases.measure().ns() > 0) {
    steps->push_back({leg, v1::TASK_CANARY, Scope::kAll, /*armed=*/true});
  }
  if (phases.measure().ns() + phases.warm_up().ns() > 0) {
    steps->push_back({leg, v1::TASK_DRIVE, Scope::kAll, /*armed=*/true});
  }
  steps->back().last_of_leg = true;
}

RunProgram MakeRunProgram(const v1::Campaign& campaign, uint32_t agents, bool prove_headroom) {
  RunProgram program;
  std::set<uint32_t> proven;
  std::vector<Step> proofs;
  std::set<uint32_t> reached;
  std::vector<Step> work;
  program.legs = PlanLegs(campaign);
  for (uint32_t leg = 0; leg < program.legs.size(); ++leg) {
    const LegPlan& plan = program.legs[leg];
    if (reached.insert(plan.target).second) {
      program.steps.push_back({leg, v1::TASK_REACH, Scope::kLeader});
    }
    const v1::Scenario& scenario = campaign.scenarios(static_cast<int>(plan.scenario));
    if (prove_headroom && NeedsProof(scenario) && proven.insert(plan.scenario).second) {
      proofs.insert(proofs.end(), kProofAttempts,
                    Step{leg, v1::TASK_PROVE, Scope::kAll, /*armed=*/true});
    }
    AddLegSteps(campaign, plan, leg, agents, &work);
  }
  program.steps.insert(program.steps.end(), proofs.begin(), proofs.end());
  program.steps.insert(program.steps.end(), work.begin(), work.end());
  return program;
}

}  // namespace weir
