#include "coordinator/run_program.h"

#include <set>
#include <utility>

#include "coordinator/capacity_course.h"
#include "coordinator/headroom.h"
#include "reports/comparison_design.h"
#include "reports/probe_scenario.h"

namespace weir {
namespace {

// A machine that was busy for a moment may try again; agents that cannot do it never can.
constexpr int kProofAttempts = 3;

// A closed loop asks for no rate that could be too high.
bool NeedsProof(const v1::Scenario& scenario) {
  return scenario.shape().has_open() && scenario.phases().measure().ns() > 0;
}

std::optional<v1::Probe> ProbeOf(const v1::Campaign& campaign, uint32_t scenario) {
  if (!campaign.has_capacity()) return std::nullopt;
  return FirstProbe(campaign, campaign.scenarios(static_cast<int>(scenario)));
}

// Every leg of the campaign, in the order in which they are to run.
std::vector<LegPlan> PlanLegs(const v1::Campaign& campaign) {
  std::vector<LegPlan> legs;
  const uint32_t rounds = campaign.has_compare() ? RoundsOf(campaign.compare()) : 0;
  for (uint32_t s = 0; s < static_cast<uint32_t>(campaign.scenarios_size()); ++s) {
    const auto targets = TargetsOf(campaign, campaign.scenarios(static_cast<int>(s)));
    if (rounds == 0) {
      for (const uint32_t target : targets) legs.push_back({s, target, 0, ProbeOf(campaign, s)});
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

v1::Scenario DrivenScenario(const v1::Campaign& campaign, const LegPlan& plan) {
  const v1::Scenario& scenario = campaign.scenarios(static_cast<int>(plan.scenario));
  if (!plan.probe) return scenario;
  return ProbeScenario(campaign.capacity(), scenario, *plan.probe, plan.first || Writes(scenario));
}

void AddLegSteps(const v1::Campaign& campaign, const LegPlan& plan, uint32_t leg, uint32_t agents,
                 std::vector<Step>* steps) {
  const v1::Scenario scenario = DrivenScenario(campaign, plan);
  steps->push_back({leg, v1::TASK_SET_UP, Scope::kLeader});
  if (agents > 1) steps->push_back({leg, v1::TASK_SET_UP, Scope::kOthers});
  const v1::Phases& phases = scenario.phases();
  if (phases.has_load()) {
    steps->push_back({leg, v1::TASK_LOAD, Scope::kAll, /*armed=*/true});
    if (phases.load().verify() && plan.first)
      steps->push_back({leg, v1::TASK_VERIFY, Scope::kLeader});
  }
  if (plan.round > 0 && campaign.compare().canary().ns() > 0 && phases.measure().ns() > 0) {
    steps->push_back({leg, v1::TASK_CANARY, Scope::kAll, /*armed=*/true});
  }
  if (phases.measure().ns() + phases.warm_up().ns() > 0) {
    steps->push_back({leg, v1::TASK_DRIVE, Scope::kAll, /*armed=*/true});
  }
  steps->back().last_of_leg = true;
}

v1::Leg NewLeg(const v1::Campaign& campaign, const LegPlan& plan, uint32_t index) {
  const v1::Target& target = campaign.targets(static_cast<int>(plan.target));
  const v1::Scenario scenario = DrivenScenario(campaign, plan);
  v1::Leg leg;
  leg.set_index(index);
  leg.set_scenario(scenario.name());
  leg.set_target(target.name());
  leg.set_round(plan.round);
  if (plan.probe) *leg.mutable_probe() = *plan.probe;
  const auto* backend = target.GetReflection()->GetOneofFieldDescriptor(
      target, target.GetDescriptor()->FindOneofByName("backend"));
  if (backend != nullptr) leg.set_backend(backend->name());
  leg.set_open_loop(scenario.shape().has_open());
  leg.set_sessions(leg.open_loop() ? scenario.shape().open().sessions()
                                   : scenario.shape().closed().sessions());
  return leg;
}

v1::Leg* AddLeg(const LegPlan& plan, uint32_t agents, RunProgram* program, v1::RunResult* run,
                std::vector<Step>* steps) {
  const auto index = static_cast<uint32_t>(program->legs.size());
  v1::Leg leg = NewLeg(run->campaign(), plan, index);
  for (const v1::Leg& other : run->legs()) {
    if (other.scenario() != leg.scenario() || !other.has_headroom()) continue;
    DriveWith(other.headroom(), &leg);
    break;
  }
  program->legs.push_back(plan);
  AddLegSteps(run->campaign(), plan, index, agents, steps);
  *run->add_legs() = std::move(leg);
  return run->mutable_legs(run->legs_size() - 1);
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

const char* TaskWords(v1::Task task) {
  switch (task) {
    case v1::TASK_REACH:
      return "reaching the target";
    case v1::TASK_SET_UP:
      return "setting up";
    case v1::TASK_LOAD:
      return "preparing the load";
    case v1::TASK_VERIFY:
      return "reading back";
    case v1::TASK_DRIVE:
      return "preparing to drive";
    case v1::TASK_PROVE:
      return "preparing to prove headroom";
    case v1::TASK_CANARY:
      return "preparing the canary";
    default:
      return "an unknown task";
  }
}

const char* TaskInHand(v1::Task task) {
  switch (task) {
    case v1::TASK_REACH:
      return "reaching";
    case v1::TASK_SET_UP:
      return "setting up";
    case v1::TASK_LOAD:
      return "loading";
    case v1::TASK_VERIFY:
      return "reading back";
    case v1::TASK_DRIVE:
      return "driving";
    case v1::TASK_PROVE:
      return "proving headroom for";
    case v1::TASK_CANARY:
      return "running the canary before";
    default:
      return "";
  }
}

}  // namespace weir
