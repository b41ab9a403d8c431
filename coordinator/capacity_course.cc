#include "coordinator/capacity_course.h"

#include <vector>

#include "absl/strings/str_cat.h"

#include "coordinator/capacity_result.h"
#include "coordinator/probe_judge.h"

namespace weir {
namespace {

CapacitySearch SearchOf(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  return {campaign.capacity(), PerSecond(scenario.shape().open().rate())};
}

bool SameAim(const v1::Probe& a, const v1::Probe& b) {
  return a.purpose() == b.purpose() && a.offered_per_s() == b.offered_per_s() &&
         a.sessions() == b.sessions();
}

}  // namespace

v1::Probe FirstProbe(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  return SearchOf(campaign, scenario).Next().value();
}

std::string CapacityCourse::AfterLeg(uint32_t agents, size_t step, RunProgram* program,
                                     v1::RunResult* run) {
  const uint32_t ended = program->steps[step].leg;
  const LegPlan plan = program->legs[ended];
  if (!plan.probe) return "";
  const v1::Scenario& scenario = run->campaign().scenarios(static_cast<int>(plan.scenario));
  const Key key{plan.scenario, plan.target};
  CapacitySearch& search =
      searches_.try_emplace(key, SearchOf(run->campaign(), scenario)).first->second;
  v1::Leg* leg = run->mutable_legs(static_cast<int>(ended));
  search.Saw(leg->probe().end());
  std::string line = absl::StrCat(leg->scenario(), " on ", leg->target(), ": ", ProbeLine(*leg));
  const std::optional<v1::Probe> next = search.Next();
  Record(key, run);
  if (!next) return line;
  const bool repeats = leg->probe().end() == v1::PROBE_END_GENERATOR_LIMITED && !leg->repeated() &&
                       SameAim(*next, leg->probe());
  if (repeats) absl::StrAppend(&line, "; once more");
  leg->set_set_aside(repeats);
  std::vector<Step> steps;
  AddLeg({plan.scenario, plan.target, 0, next, /*first=*/false}, agents, program, run, &steps)
      ->set_repeated(repeats);
  program->steps.insert(program->steps.begin() + static_cast<std::ptrdiff_t>(step) + 1,
                        steps.begin(), steps.end());
  return line;
}

void CapacityCourse::Record(const Key& key, v1::RunResult* run) const {
  const CapacitySearch& search = searches_.at(key);
  if (search.finding() == v1::CAPACITY_FINDING_UNSPECIFIED) return;
  const std::string& scenario = run->campaign().scenarios(static_cast<int>(key.first)).name();
  const std::string& target = run->campaign().targets(static_cast<int>(key.second)).name();
  v1::CapacityResult* result = nullptr;
  for (v1::CapacityResult& known : *run->mutable_capacities()) {
    if (known.scenario() == scenario && known.target() == target) result = &known;
  }
  if (result == nullptr) result = run->add_capacities();
  result->set_scenario(scenario);
  result->set_target(target);
  result->set_finding(search.finding());
  result->set_low_per_s(search.low_per_s());
  result->set_high_per_s(search.high_per_s());
  result->set_objective(ObjectiveText(run->campaign().capacity().objective(), /*whole=*/true));
  result->set_sentence(CapacitySentence(run->campaign().capacity(), *result, search.reason()));
  if (search.Next() || run->campaign().capacity().sessions().empty()) return;
  *result->mutable_scalability() = ScalabilityOf(*run, *result);
}

void CapacityCourse::Conclude(v1::RunResult* run) {
  for (auto& [key, search] : searches_) {
    search.Stop();
    Record(key, run);
  }
}

}  // namespace weir
