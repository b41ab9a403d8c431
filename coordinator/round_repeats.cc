#include "coordinator/round_repeats.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

bool SameRound(const LegPlan& a, const LegPlan& b) {
  return a.scenario == b.scenario && a.round == b.round;
}

bool RoundGoesOn(const RunProgram& program, size_t step) {
  if (step + 1 == program.steps.size()) return false;
  return SameRound(program.legs[program.steps[step].leg],
                   program.legs[program.steps[step + 1].leg]);
}

const v1::GateResult* SpoiledBy(const v1::Leg& leg) {
  if (leg.verdict().validity() != v1::VALIDITY_INVALID || !leg.failure().empty()) return nullptr;
  for (const v1::GateResult& gate : leg.gates()) {
    if (!gate.passed()) return &gate;
  }
  return nullptr;
}

// What a leg is before anything has happened to it.
v1::Leg Anew(const v1::Leg& leg, uint32_t index) {
  v1::Leg anew;
  anew.set_index(index);
  anew.set_scenario(leg.scenario());
  anew.set_target(leg.target());
  anew.set_backend(leg.backend());
  anew.set_open_loop(leg.open_loop());
  anew.set_sessions(leg.sessions());
  anew.set_round(leg.round());
  anew.set_repeated(true);
  if (leg.has_headroom()) *anew.mutable_headroom() = leg.headroom();
  return anew;
}

}  // namespace

std::string RepeatSpoiledRound(uint32_t agents, size_t step, RunProgram* program,
                               v1::RunResult* run) {
  const LegPlan ended = program->legs[program->steps[step].leg];
  if (ended.round == 0 || RoundGoesOn(*program, step)) return "";
  std::vector<uint32_t> members;
  const v1::GateResult* spoiled = nullptr;
  for (uint32_t i = 0; i < program->legs.size(); ++i) {
    const v1::Leg& leg = run->legs(static_cast<int>(i));
    if (!SameRound(program->legs[i], ended)) continue;
    if (leg.repeated() || leg.set_aside()) return "";
    members.push_back(i);
    if (spoiled == nullptr) spoiled = SpoiledBy(leg);
  }
  if (spoiled == nullptr) return "";
  const std::string of = spoiled->agent().empty() ? "" : absl::StrCat(" of ", spoiled->agent());
  const std::string line = absl::StrCat(
      run->campaign().scenarios(static_cast<int>(ended.scenario)).name(), ", round ", ended.round,
      ": run again, for gate ", spoiled->name(), of, ": ", spoiled->saw());
  std::vector<Step> steps;
  for (const uint32_t member : members) {
    const auto index = static_cast<uint32_t>(program->legs.size());
    program->legs.push_back(program->legs[member]);
    v1::Leg* leg = run->mutable_legs(static_cast<int>(member));
    leg->set_set_aside(true);
    const v1::Leg anew = Anew(*leg, index);
    *run->add_legs() = anew;
    AddLegSteps(run->campaign(), program->legs[member], index, agents, &steps);
  }
  program->steps.insert(program->steps.begin() + static_cast<std::ptrdiff_t>(step) + 1,
                        steps.begin(), steps.end());
  return line;
}

}  // namespace weir
