#include "coordinator/round_repeats.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

#include "reports/comparison.h"
#include "reports/comparison_design.h"

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

bool AnyUnshown(const v1::ComparisonResult& whole) {
  const auto& compared = whole.compared();
  return std::any_of(compared.begin(), compared.end(), [](const v1::Compared& one) {
    return one.finding() == v1::FINDING_NO_DIFFERENCE_SHOWN;
  });
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
    run->mutable_legs(static_cast<int>(member))->set_set_aside(true);
    const LegPlan plan = program->legs[member];
    AddLeg(plan, agents, program, run, &steps)->set_repeated(true);
  }
  program->steps.insert(program->steps.begin() + static_cast<std::ptrdiff_t>(step) + 1,
                        steps.begin(), steps.end());
  return line;
}

std::string ExtendRounds(uint32_t agents, RunProgram* program, v1::RunResult* run) {
  const v1::Campaign& campaign = run->campaign();
  const uint32_t rounds = campaign.has_compare() ? RoundsOf(campaign.compare()) : 0;
  if (!campaign.compare().extend() || RoundsIn(*run) > rounds) return "";
  if (!AnyUnshown(CompareRounds(*run))) return "";
  for (uint32_t s = 0; s < static_cast<uint32_t>(campaign.scenarios_size()); ++s) {
    const auto targets = TargetsOf(campaign, campaign.scenarios(static_cast<int>(s)));
    for (uint32_t round = rounds + 1; round <= 2 * rounds; ++round) {
      for (const uint32_t target : RoundOrder(campaign.seed(), s, round, targets)) {
        AddLeg({s, target, round}, agents, program, run, &program->steps);
      }
    }
  }
  return absl::StrCat("no difference is shown yet: ", rounds, " rounds more, the only extension");
}

}  // namespace weir
