#include "reports/leg_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "reports/metrics.h"
#include "reports/quantity.h"
#include "reports/report.h"
#include "reports/result_row.h"

namespace weir {
namespace {

std::string RateText(const v1::Rate& rate) {
  if (rate.per_ns() == 0) return "no rate";
  return CountText(static_cast<double>(rate.operations()) * 1e9 /
                   static_cast<double>(rate.per_ns())) +
         " /s";
}

std::string StageText(const v1::RateStage& stage) {
  const std::string from = stage.has_from() ? RateText(stage.from()) + " → " : "";
  return absl::StrCat(from, RateText(stage.to()), " in ",
                      DurationText(static_cast<double>(stage.duration().ns()) / 1e3));
}

std::string ReplayText(const v1::Replay& replay) {
  std::string text = absl::StrCat("open loop, replaying ", replay.path());
  if (replay.speed_numerator() == replay.speed_denominator()) return text;
  return absl::StrCat(text, " at ", replay.speed_numerator(), "/", replay.speed_denominator(),
                      " of its speed");
}

std::string ArrivalsText(const v1::OpenLoop& open) {
  if (open.arrivals() == v1::ARRIVAL_PROCESS_CONSTANT) return "evenly spaced";
  if (open.arrivals() != v1::ARRIVAL_PROCESS_BURST) return "Poisson arrivals";
  const v1::Burst& burst = open.burst();
  return absl::StrCat("Poisson arrivals, ", burst.factor(), " times as many in bursts of ",
                      DurationText(static_cast<double>(burst.burst().ns()) / 1e3), " after ",
                      DurationText(static_cast<double>(burst.calm().ns()) / 1e3), " on average");
}

std::string OpenText(const v1::OpenLoop& open) {
  if (open.arrivals() == v1::ARRIVAL_PROCESS_REPLAY) return ReplayText(open.replay());
  std::vector<std::string> rates;
  for (const v1::RateStage& stage : open.stages()) rates.push_back(StageText(stage));
  if (rates.empty()) rates.push_back(RateText(open.rate()));
  return absl::StrCat("open loop, ", absl::StrJoin(rates, ", then "), ", ", ArrivalsText(open));
}

std::string ClosedText(const v1::ClosedLoop& closed) {
  if (closed.think_time().ns() == 0) return "closed loop";
  return absl::StrCat("closed loop, think time ",
                      DurationText(static_cast<double>(closed.think_time().ns()) / 1e3));
}

double TimeoutUs(const v1::RunResult& run, const std::string& scenario_name) {
  for (const v1::Scenario& scenario : run.campaign().scenarios()) {
    if (scenario.name() == scenario_name) return static_cast<double>(scenario.timeout().ns()) / 1e3;
  }
  return 0;
}

std::string WhyNotKnown(const v1::RunResult& run, const v1::ThresholdResult& result) {
  if (IsBlocked(run, result)) return "not judged: a closed loop's response times omit queueing";
  for (const v1::Leg& leg : run.legs()) {
    const bool same = leg.scenario() == result.scenario() && leg.target() == result.target();
    if (same && (!leg.failure().empty() || leg.results().empty())) return "did not run to its end";
  }
  return "too few operations to tell";
}

std::string LimitText(const v1::Threshold& threshold, const char* sign, double limit) {
  const Metric* metric = FindMetric(threshold.metric());
  const std::string text = metric == nullptr ? absl::StrCat(limit) : HumanText(*metric, limit, 0);
  return absl::StrCat(" ", sign, " ", text);
}

}  // namespace

std::string ValidityWord(v1::Validity validity) {
  switch (validity) {
    case v1::VALIDITY_VALID:
      return "VALID";
    case v1::VALIDITY_DEGRADED:
      return "DEGRADED";
    case v1::VALIDITY_INVALID:
      return "INVALID";
    case v1::VALIDITY_UNVERIFIED:
      return "UNVERIFIED";
    case v1::VALIDITY_PARTIAL:
      return "PARTIAL";
    default:
      return "NOT JUDGED";
  }
}

std::string AgentName(const v1::RunResult& run, uint32_t index) {
  for (const v1::AgentFacts& agent : run.agents()) {
    if (agent.index() == index && !agent.name().empty()) return agent.name();
  }
  return absl::StrCat("agent ", index);
}

std::string StateText(const v1::RunResult& run) {
  const double us = static_cast<double>(run.finished_unix_ns() - run.started_unix_ns()) / 1e3;
  const std::string after = us > 0 ? " after " + DurationText(us) : "";
  switch (run.state()) {
    case v1::RUN_STATE_FINISHED:
      return "finished" + after;
    case v1::RUN_STATE_INTERRUPTED:
      return "interrupted by the user" + after;
    case v1::RUN_STATE_ABORTED:
      return "aborted" + after;
    default:
      return "still running, or its process was killed";
  }
}

std::string ShapeText(const v1::RunResult& run, const v1::Leg& leg) {
  const v1::Scenario* scenario = ScenarioOf(run, leg);
  const std::string sessions = absl::StrCat(", ", leg.sessions(), " sessions");
  if (scenario == nullptr || !scenario->has_shape()) return leg.open_loop() ? "open loop" : "";
  if (scenario->shape().has_open()) return OpenText(scenario->shape().open()) + sessions;
  return ClosedText(scenario->shape().closed()) + sessions;
}

std::string CaveatText(const v1::Leg& leg) {
  if (!HasPhase(leg, v1::PHASE_MEASURE) || leg.open_loop()) return "";
  return "throughput only; tail omits queueing";
}

std::string VerificationText(const v1::Verification& verification) {
  if (!verification.done()) return "not verified";
  const std::string expected = CountText(static_cast<double>(verification.records_expected()));
  if (verification.matches())
    return absl::StrCat("all ", expected, " records read back as written");
  const std::string found = CountText(static_cast<double>(verification.records_found()));
  const std::string detail = verification.detail().empty() ? "" : ": " + verification.detail();
  if (found == expected) return absl::StrCat(found, " records found, but not as written", detail);
  return absl::StrCat(found, " of ", expected, " records found", detail);
}

std::string ThresholdText(const v1::Threshold& threshold) {
  std::string text = threshold.metric();
  if (threshold.has_at_least()) text += LimitText(threshold, "≥", threshold.at_least());
  if (threshold.has_at_most()) text += LimitText(threshold, "≤", threshold.at_most());
  return text;
}

std::string ThresholdWord(const v1::RunResult& run, const v1::ThresholdResult& result) {
  if (result.met()) return "met";
  return IsBlocked(run, result) ? "not judged" : "missed";
}

std::string ThresholdValueText(const v1::RunResult& run, const v1::ThresholdResult& result) {
  const Metric* metric = FindMetric(result.threshold().metric());
  if (metric == nullptr || !result.known()) return WhyNotKnown(run, result);
  return HumanText(*metric, result.value(), TimeoutUs(run, result.scenario()));
}

}  // namespace weir
