#include "reports/comparison_design.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"

#include "base/random.h"

namespace weir {
namespace {

constexpr char kLoad[] = "load";  // of the load phase in reports
constexpr uint32_t kFullRounds = 10;
constexpr uint32_t kQuickRounds = 6;
constexpr int kFullMetrics = 3;
constexpr int kQuickMetrics = 1;

bool IsQuick(const v1::Comparison& comparison) {
  return comparison.mode() == v1::COMPARISON_MODE_QUICK;
}

// As coordinator/campaign_checks names them; the schema's enum is spelled OPERATION_KIND_READ.
std::string NameOf(const v1::OperationSpec& operation) {
  if (!operation.name().empty()) return operation.name();
  if (operation.do_() == v1::OPERATION_KIND_QUERY) return operation.query();
  const std::string value = v1::OperationKind_Name(operation.do_());
  return absl::AsciiStrToLower(value.substr(value.rfind('_') + 1));
}

}  // namespace

uint32_t RoundsOf(const v1::Comparison& comparison) {
  if (comparison.rounds() > 0) return comparison.rounds();
  if (!IsQuick(comparison)) return kFullRounds;
  return comparison.extend() ? kQuickRounds + 1
                             : kQuickRounds;  // half the significance: a pair more
}

uint32_t MostRounds(const v1::Comparison& comparison) {
  return comparison.extend() ? 2 * RoundsOf(comparison) : RoundsOf(comparison);
}

double SignificanceOfLook(const v1::Comparison& comparison) {
  return comparison.extend() ? kSignificance / 2 : kSignificance;
}

uint32_t RoundsIn(const v1::RunResult& run) {
  uint32_t rounds = RoundsOf(run.campaign().compare());
  for (const v1::Leg& leg : run.legs()) rounds = std::max(rounds, leg.round());
  return rounds;
}

int MostMetrics(const v1::Comparison& comparison) {
  return IsQuick(comparison) ? kQuickMetrics : kFullMetrics;
}

std::vector<uint32_t> TargetsOf(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  const auto& names = scenario.targets();
  std::vector<uint32_t> targets;
  for (int i = 0; i < campaign.targets_size(); ++i) {
    const bool named =
        std::find(names.begin(), names.end(), campaign.targets(i).name()) != names.end();
    if (names.empty() || named) targets.push_back(static_cast<uint32_t>(i));
  }
  return targets;
}

uint32_t BaselineOf(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  const std::vector<uint32_t> targets = TargetsOf(campaign, scenario);
  for (const uint32_t target : targets) {
    if (campaign.targets(static_cast<int>(target)).name() == campaign.compare().baseline()) {
      return target;
    }
  }
  return targets.empty() ? 0 : targets.front();
}

std::vector<uint32_t> RoundOrder(uint64_t seed, uint32_t scenario, uint32_t round,
                                 std::vector<uint32_t> targets) {
  DrawStream draws(DeriveKey(seed, "comparison order"), (uint64_t{scenario} << 32) | round);
  for (size_t i = targets.size(); i > 1; --i) {
    std::swap(targets[i - 1], targets[draws.Below(i)]);
  }
  return targets;
}

bool Has(const v1::Scenario& scenario, const v1::PrimaryMetric& metric) {
  if (metric.operation().empty()) return true;
  if (metric.operation() == kLoad) return scenario.phases().has_load();
  const auto& operations = scenario.operations();
  return std::any_of(operations.begin(), operations.end(), [&](const v1::OperationSpec& spec) {
    return NameOf(spec) == metric.operation();
  });
}

v1::Phase PhaseOf(const v1::Scenario& scenario, const v1::PrimaryMetric& metric) {
  const bool only_load = scenario.phases().measure().ns() == 0;
  return only_load || metric.operation() == kLoad ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
}

std::vector<const v1::Leg*> LegsAsRun(const v1::RunResult& run) {
  std::vector<std::string> scenarios;
  for (const v1::Scenario& scenario : run.campaign().scenarios()) {
    scenarios.push_back(scenario.name());
  }
  const auto place = [&](const v1::Leg* leg) {
    const auto scenario = std::find(scenarios.begin(), scenarios.end(), leg->scenario());
    return std::tuple(scenario - scenarios.begin(), leg->round(), leg->repeated());
  };
  std::vector<const v1::Leg*> legs;
  for (const v1::Leg& leg : run.legs()) legs.push_back(&leg);
  std::stable_sort(legs.begin(), legs.end(),
                   [&](const v1::Leg* a, const v1::Leg* b) { return place(a) < place(b); });
  return legs;
}

size_t FamilySize(const v1::Campaign& campaign) {
  size_t verdicts = 0;
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    const size_t targets = TargetsOf(campaign, scenario).size();
    for (const v1::PrimaryMetric& metric : campaign.compare().metrics()) {
      if (Has(scenario, metric) && targets > 1) verdicts += targets - 1;
    }
  }
  return verdicts;
}

}  // namespace weir
