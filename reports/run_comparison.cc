#include "reports/run_comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "measure/theil_sen.h"
#include "reports/leg_text.h"
#include "reports/metrics.h"
#include "reports/result_row.h"

namespace weir {
namespace {

// Scenario, target, operation, metric.
using Key = std::tuple<std::string, std::string, std::string, std::string>;
using Values = std::map<Key, std::vector<double>>;

void AddRow(const ResultRow& row, const std::vector<std::string>& metrics, Values* values) {
  for (const std::string& name : metrics) {
    const std::optional<double> value = ValueOf(name, row);
    if (!value || !std::isfinite(*value) || *value <= 0) continue;
    (*values)[{row.leg.scenario(), row.leg.target(), row.operation, name}].push_back(*value);
  }
}

Values ValuesOf(const v1::RunResult& run, const std::vector<std::string>& metrics) {
  Values values;
  for (const v1::Leg& leg : run.legs()) {
    if (leg.set_aside() || leg.has_probe()) continue;
    for (const v1::Phase phase : {v1::PHASE_LOAD, v1::PHASE_MEASURE}) {
      const auto add = [&](const ResultRow& row) { AddRow(row, metrics, &values); };
      // A number that cannot be read is not there.
      ForEachResultRow(run, leg, phase, add).IgnoreError();
      if (phase == v1::PHASE_LOAD || leg.operations_size() < 2) continue;
      const auto total = TotalRow(run, leg, phase);
      if (total.ok()) add(*total);
    }
  }
  return values;
}

std::map<std::pair<std::string, std::string>, std::string> PlansOf(const v1::RunResult& run) {
  std::map<std::pair<std::string, std::string>, std::string> plans;
  for (const v1::Leg& leg : run.legs()) plans[{leg.scenario(), leg.target()}] = leg.plan_digest();
  return plans;
}

}  // namespace

double RunDifference::Regression() const {
  return std::max(0.0, more_is_better ? baseline / other - 1 : ratio() - 1);
}

std::vector<std::string> ComparedMetrics() {
  return {"throughput_ops_per_s", "response_p50_us", "response_p99_us", "records_per_s",
          "ru_per_operation"};
}

std::vector<RunDifference> DifferencesOf(const v1::RunResult& baseline, const v1::RunResult& other,
                                         const std::vector<std::string>& metrics) {
  const Values of_baseline = ValuesOf(baseline, metrics);
  const Values of_other = ValuesOf(other, metrics);
  std::vector<RunDifference> differences;
  for (const auto& [key, values] : of_other) {
    const auto found = of_baseline.find(key);
    if (found == of_baseline.end()) continue;
    const auto& [scenario, target, operation, name] = key;
    differences.push_back({.scenario = scenario,
                           .target = target,
                           .operation = operation,
                           .metric = name,
                           .baseline = Median(found->second),
                           .other = Median(values),
                           .more_is_better = BetterOf(*FindMetric(name)) == Better::kMore});
  }
  return differences;
}

std::vector<std::string> WhatDiffers(const v1::RunResult& baseline, const v1::RunResult& other) {
  std::vector<std::string> texts;
  const auto compare = [&](absl::string_view what, const std::string& a, const std::string& b) {
    if (a != b) texts.push_back(absl::StrCat(what, ": ", a, " and ", b));
  };
  compare("seed", absl::StrCat(baseline.campaign().seed()), absl::StrCat(other.campaign().seed()));
  compare("records", absl::StrCat(baseline.campaign().dataset().records()),
          absl::StrCat(other.campaign().dataset().records()));
  compare("agents", absl::StrCat(baseline.agents_size()), absl::StrCat(other.agents_size()));
  compare("version of Weir", baseline.version(), other.version());
  compare("verdict", ValidityWord(baseline.verdict().validity()),
          ValidityWord(other.verdict().validity()));
  const auto plans = PlansOf(baseline);
  for (const auto& [leg, digest] : PlansOf(other)) {
    const auto found = plans.find(leg);
    if (found == plans.end() || found->second == digest) continue;
    texts.push_back(
        absl::StrCat("plan of ", leg.first, " on ", leg.second, ": they were not asked the same"));
  }
  return texts;
}

}  // namespace weir
