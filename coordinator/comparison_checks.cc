#include "coordinator/comparison_checks.h"

#include <vector>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_checks.h"
#include "coordinator/campaign_walk.h"
#include "coordinator/suggestion.h"
#include "measure/signed_rank.h"
#include "reports/comparison_design.h"
#include "reports/fairness.h"

namespace weir {
namespace {

constexpr char kCompare[] = "compare";

std::string ScenarioPath(int index) { return ItemPath("scenarios", static_cast<size_t>(index)); }

void CheckBaseline(const v1::Campaign& campaign, Findings* findings) {
  const std::string& baseline = campaign.compare().baseline();
  if (baseline.empty()) return;
  const std::string path = JoinPath(kCompare, "baseline");
  std::vector<std::string> known;
  for (const v1::Target& target : campaign.targets()) known.push_back(target.name());
  if (std::find(known.begin(), known.end(), baseline) == known.end()) {
    findings->Add(path, absl::StrCat("no target is called ", InQuotes(baseline),
                                     Suggestion(baseline, known)));
    return;
  }
  for (int i = 0; i < campaign.scenarios_size(); ++i) {
    const std::vector<std::string> names = TargetNames(campaign, campaign.scenarios(i));
    if (std::find(names.begin(), names.end(), baseline) != names.end()) continue;
    findings->Add(ScenarioPath(i) + ".targets",
                  absl::StrCat("the scenario leaves out ", InQuotes(baseline),
                               ", which the others are compared with; add it to its targets"));
  }
}

// R21: every run starts from the same, known state.
void CheckRestored(const v1::Campaign& campaign, int index, Findings* findings) {
  const v1::Scenario& scenario = campaign.scenarios(index);
  const v1::Phases& phases = scenario.phases();
  if (phases.has_load() && phases.load().verify()) return;
  for (const uint32_t target : TargetsOf(campaign, scenario)) {
    if (campaign.targets(static_cast<int>(target)).has_null()) continue;  // has no state
    findings->Add(ScenarioPath(index) + ".phases",
                  phases.has_load()
                      ? "verify: a comparison reads the records back before each run, so that all "
                        "start from the same; remove 'verify: false'"
                      : "a comparison restores the same records before each run; give 'load'",
                  {ScenarioPath(index) + ".phases"});
    return;
  }
}

void CheckScenarios(const v1::Campaign& campaign, Findings* findings) {
  for (int i = 0; i < campaign.scenarios_size(); ++i) {
    CheckRestored(campaign, i, findings);
    if (TargetsOf(campaign, campaign.scenarios(i)).size() > 1) continue;
    findings->Add(ScenarioPath(i),
                  "a comparison needs two targets or more in every scenario; add a target, or a "
                  "variant of this one",
                  {ScenarioPath(i) + ".targets", "targets"});
  }
}

void CheckMetricList(const v1::Campaign& campaign, Findings* findings) {
  const v1::Comparison& compare = campaign.compare();
  const std::string path = JoinPath(kCompare, "metrics");
  const int most = MostMetrics(compare);
  if (compare.metrics_size() > most) {
    findings->Add(path, absl::StrCat("metrics: ", compare.metrics_size(), " are declared, at most ",
                                     most, most == 1 ? " is allowed in mode quick" : " are allowed",
                                     ": the more are judged, the less can be said of each"));
  }
  std::set<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < compare.metrics_size(); ++i) {
    const v1::PrimaryMetric& metric = compare.metrics(i);
    const std::string item = ItemPath(path, static_cast<size_t>(i));
    if (!seen.emplace(metric.metric(), metric.operation()).second) {
      findings->Add(item, "the metric is declared twice; remove one");
    }
    const auto& scenarios = campaign.scenarios();
    if (std::none_of(scenarios.begin(), scenarios.end(),
                     [&](const v1::Scenario& scenario) { return Has(scenario, metric); })) {
      findings->Add(
          item + ".operation",
          absl::StrCat("no scenario has an operation called ", InQuotes(metric.operation())),
          {"scenarios"});
    }
  }
}

// R26: with fewer rounds even the clearest difference could not be told from chance.
void CheckRounds(const v1::Campaign& campaign, Findings* findings) {
  const size_t family = FamilySize(campaign);
  const uint32_t rounds = RoundsOf(campaign.compare());
  const size_t least = LeastPairs(family, SignificanceOfLook(campaign.compare()));
  if (family == 0 || rounds >= least) return;
  findings->Add(JoinPath(kCompare, "rounds"),
                absl::StrCat("rounds: ", rounds, " cannot lead to any verdict: ", family,
                             family == 1 ? " comparison is" : " comparisons are",
                             " judged together (metrics × targets besides the baseline × "
                             "scenarios), which takes ",
                             least, " rounds at least; give more rounds, or fewer metrics"),
                {"scenarios", "targets", JoinPath(kCompare, "metrics")});
}

// Who ranks targets that promise different things ranks the promises.
void CheckFairness(const v1::Campaign& campaign, Findings* findings) {
  std::set<std::string> told;
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    std::vector<FairnessTarget> targets;
    for (const uint32_t index : TargetsOf(campaign, scenario)) {
      targets.push_back({&campaign.targets(static_cast<int>(index)), nullptr});
    }
    for (const FairnessRow& row : FairnessLedger(campaign.compare(), targets)) {
      if (!row.differs || row.acknowledged || !told.insert(row.name).second) continue;
      findings->Add(
          JoinPath(kCompare, "acknowledge"),
          absl::StrCat("the targets differ in ", row.name, ": ", DifferenceWords(row, targets),
                       "; give them the same, or rank them all the same with "
                       "'acknowledge: [",
                       row.name, "]'"),
          {kCompare});
    }
  }
}

}  // namespace

void CheckComparison(const v1::Campaign& campaign, Findings* findings) {
  CheckBaseline(campaign, findings);
  CheckScenarios(campaign, findings);
  CheckMetricList(campaign, findings);
  CheckRounds(campaign, findings);
  CheckFairness(campaign, findings);
}

}  // namespace weir
