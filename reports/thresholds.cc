#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "reports/metrics.h"
#include "reports/report.h"

namespace weir {
namespace {

bool Meets(const v1::Threshold& threshold, double value) {
  if (threshold.has_at_most() && value > threshold.at_most()) return false;
  return !threshold.has_at_least() || value >= threshold.at_least();
}

// The load phase is judged when it is asked for by name, or when nothing else was measured.
v1::Phase JudgedPhase(const v1::Scenario& scenario, const v1::Threshold& threshold) {
  const bool only_load = scenario.phases().measure().ns() == 0;
  return only_load || threshold.operation() == "load" ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
}

bool IsClosed(const v1::Scenario& scenario, const v1::Threshold& threshold) {
  return JudgedPhase(scenario, threshold) == v1::PHASE_LOAD || scenario.shape().has_closed();
}

// Service times and waits are what they say they are in a closed loop too.
bool IsResponseTime(const Metric& metric) {
  return metric.unit == Unit::kMicroseconds && absl::StrContains(metric.name, "response_");
}

bool OmitsQueueing(const v1::Scenario& scenario, const v1::Threshold& threshold,
                   const Metric& metric) {
  return IsResponseTime(metric) && IsClosed(scenario, threshold);
}

v1::ThresholdResult Unjudged(const v1::Leg& leg, const v1::Threshold& threshold) {
  v1::ThresholdResult result;
  result.set_scenario(leg.scenario());
  result.set_target(leg.target());
  result.set_operation(threshold.operation());
  *result.mutable_threshold() = threshold;
  return result;
}

v1::ThresholdResult Unjudged(const ResultRow& row, const v1::Threshold& threshold) {
  v1::ThresholdResult result = Unjudged(row.leg, threshold);
  result.set_operation(row.operation);
  return result;
}

v1::ThresholdResult Judge(const ResultRow& row, const v1::Threshold& threshold,
                          const Metric& metric) {
  v1::ThresholdResult result = Unjudged(row, threshold);
  const std::optional<double> value = ValueOf(metric, row);
  result.set_known(value.has_value());
  result.set_value(value.value_or(0));
  result.set_met(value.has_value() && Meets(threshold, *value));
  return result;
}

// A metric that does not exist on this target (request units of PostgreSQL) is not judged there. A
// leg that never ran the operation misses the threshold: the number is not known.
void JudgeLeg(const v1::RunResult& run, const v1::Leg& leg, const v1::Scenario& scenario,
              const v1::Threshold& threshold, std::vector<v1::ThresholdResult>* results) {
  const Metric* metric = FindMetric(threshold.metric());
  bool ran = false;
  const auto judge = [&](const ResultRow& row) {
    if (!threshold.operation().empty() && threshold.operation() != row.operation) return;
    ran = true;
    const bool exists = metric->applies == nullptr || metric->applies(row);
    if (!exists) return;
    results->push_back(OmitsQueueing(scenario, threshold, *metric)
                           ? Unjudged(row, threshold)
                           : Judge(row, threshold, *metric));
  };
  absl::Status readable = absl::OkStatus();
  if (metric != nullptr) {
    readable = ForEachResultRow(run, leg, JudgedPhase(scenario, threshold), judge);
  }
  if (!ran || !readable.ok()) results->push_back(Unjudged(leg, threshold));
}

void JudgeScenario(const v1::RunResult& run, const v1::Scenario& scenario,
                   std::vector<v1::ThresholdResult>* results) {
  for (const v1::Threshold& threshold : scenario.thresholds()) {
    for (const v1::Leg& leg : run.legs()) {
      if (leg.scenario() != scenario.name() || leg.set_aside() || leg.has_probe()) continue;
      if (!threshold.target().empty() && threshold.target() != leg.target()) continue;
      JudgeLeg(run, leg, scenario, threshold, results);
    }
  }
}

}  // namespace

std::vector<v1::ThresholdResult> JudgeThresholds(const v1::RunResult& run) {
  std::vector<v1::ThresholdResult> results;
  for (const v1::Scenario& scenario : run.campaign().scenarios()) {
    JudgeScenario(run, scenario, &results);
  }
  return results;
}

std::string CheckThreshold(const v1::Scenario& scenario, const v1::Threshold& threshold) {
  const std::string& name = threshold.metric();
  const Metric* metric = FindMetric(name);
  if (metric == nullptr) {
    return absl::StrCat("\"", name, "\" is no number that Weir reports; did you mean \"",
                        std::string(NearestMetricName(name)), "\"?");
  }
  if (!OmitsQueueing(scenario, threshold, *metric)) return "";
  const bool load = JudgedPhase(scenario, threshold) == v1::PHASE_LOAD;
  return absl::StrCat(
      name, " cannot be judged in ", load ? "the load phase, " : "",
      "a closed loop: its response times omit queueing; limit throughput_ops_per_s, "
      "or use an open loop");
}

bool IsBlocked(const v1::RunResult& run, const v1::ThresholdResult& result) {
  const Metric* metric = FindMetric(result.threshold().metric());
  if (metric == nullptr || result.known()) return false;
  for (const v1::Scenario& scenario : run.campaign().scenarios()) {
    if (scenario.name() == result.scenario()) {
      return OmitsQueueing(scenario, result.threshold(), *metric);
    }
  }
  return false;
}

}  // namespace weir
