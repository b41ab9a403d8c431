#include "coordinator/run_program.h"

#include <algorithm>
#include <set>

namespace weir {
namespace {

bool Names(const v1::Scenario& scenario, const std::string& target) {
  const auto& names = scenario.targets();
  return names.empty() || std::find(names.begin(), names.end(), target) != names.end();
}

// A closed loop asks for no rate that could be too high.
// A machine that was busy for a moment may try again; agents that cannot do it never can.
constexpr int kProofAttempts = 3;

bool NeedsProof(const v1::Scenario& scenario) {
  return scenario.shape().has_open() && scenario.phases().measure().ns() > 0;
}

void AddLegSteps(const v1::Scenario& scenario, uint32_t leg, uint32_t agents,
                 std::vector<Step>* steps) {
  steps->push_back({leg, v1::TASK_SET_UP, Scope::kLeader});
  if (agents > 1) steps->push_back({leg, v1::TASK_SET_UP, Scope::kOthers});
  const v1::Phases& phases = scenario.phases();
  if (phases.has_load()) {
    steps->push_back({leg, v1::TASK_LOAD, Scope::kAll, /*armed=*/true});
    if (phases.load().verify()) steps->push_back({leg, v1::TASK_VERIFY, Scope::kLeader});
  }
  if (phases.measure().ns() + phases.warm_up().ns() > 0) {
    steps->push_back({leg, v1::TASK_DRIVE, Scope::kAll, /*armed=*/true});
  }
  steps->back().last_of_leg = true;
}

}  // namespace

RunProgram MakeRunProgram(const v1::Campaign& campaign, uint32_t agents, bool prove_headroom) {
  RunProgram program;
  std::set<uint32_t> proven;
  std::vector<Step> proofs;
  std::set<uint32_t> reached;
  std::vector<Step> work;
  for (int s = 0; s < campaign.scenarios_size(); ++s) {
    for (int t = 0; t < campaign.targets_size(); ++t) {
      if (!Names(campaign.scenarios(s), campaign.targets(t).name())) continue;
      const auto leg = static_cast<uint32_t>(program.legs.size());
      program.legs.push_back({static_cast<uint32_t>(s), static_cast<uint32_t>(t)});
      if (reached.insert(t).second) {
        program.steps.push_back({leg, v1::TASK_REACH, Scope::kLeader});
      }
      if (prove_headroom && NeedsProof(campaign.scenarios(s)) && proven.insert(s).second) {
        proofs.insert(proofs.end(), kProofAttempts,
                      Step{leg, v1::TASK_PROVE, Scope::kAll, /*armed=*/true});
      }
      AddLegSteps(campaign.scenarios(s), leg, agents, &work);
    }
  }
  program.steps.insert(program.steps.end(), proofs.begin(), proofs.end());
  program.steps.insert(program.steps.end(), work.begin(), work.end());
  return program;
}

}  // namespace weir
