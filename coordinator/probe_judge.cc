#include "coordinator/probe_judge.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "coordinator/gate_table.h"
#include "coordinator/leg_verdict.h"
#include "measure/tally.h"
#include "reports/planned_response.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr char kBacklog[] = "backlog";

struct Limit {
  const char* name;   // of the check
  const char* words;  // in the objective
  double q;
  int64_t ns;  // 0: not limited
};

std::vector<Limit> ResponseLimits(const v1::Objective& objective) {
  std::vector<Limit> limits = {{"response_p50", "p50", 0.5, objective.response_p50().ns()},
                               {"response_p99", "p99", 0.99, objective.response_p99().ns()},
                               {"response_p999", "p99.9", 0.999, objective.response_p999().ns()}};
  std::erase_if(limits, [](const Limit& limit) { return limit.ns <= 0; });
  return limits;
}

// Limits are round: "50 ms", "0.1 %".
std::string LimitText(int64_t ns) {
  return absl::StrReplaceAll(DurationText(static_cast<double>(ns) / 1e3),
                             {{".00 ", " "}, {".0 ", " "}});
}
std::string LimitText(double share) { return absl::StrFormat("%g %%", 100 * share); }

std::string Duration(double ns) { return DurationText(ns / 1e3); }

v1::GateResult Check(const std::string& name, bool passed, const std::string& saw,
                     const std::string& limit) {
  v1::GateResult check;
  check.set_name(name);
  check.set_passed(passed);
  check.set_saw(saw);
  check.set_limit(limit);
  return check;
}

// R32 asks whether at most 1 % took longer: what a quantile of few operations can tell, too.
v1::GateResult CheckResponse(const Limit& limit, const PlannedResponse& response) {
  const std::string most = absl::StrCat("≤ ", LimitText(limit.ns));
  const std::optional<double> ns = response.RoughQuantile(limit.q);
  if (!ns) return Check(limit.name, false, "too few operations to tell", most);
  const std::string saw = std::isinf(*ns) ? "beyond every success: too many failed" : Duration(*ns);
  return Check(limit.name, *ns <= static_cast<double>(limit.ns), saw, most);
}

v1::GateResult CheckShare(const std::string& name, uint64_t part, uint64_t whole, double most) {
  const double share = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  return Check(name, share <= most, ShareText(share), absl::StrCat("≤ ", LimitText(most)));
}

// A growth that is no more than noise is none.
v1::GateResult CheckBacklog(const Slope& backlog, double offered_per_s, double most) {
  const double share = offered_per_s > 0 ? backlog.median / offered_per_s : 0;
  const std::string saw = backlog.median > 0
                              ? absl::StrFormat("grows by %s operations a second, %s of the rate",
                                                CountText(backlog.median), ShareText(share))
                              : "does not grow";
  return Check(kBacklog, share <= most || backlog.low <= 0, saw,
               absl::StrCat("≤ ", LimitText(most), " of the rate per second"));
}

bool Passed(const v1::Probe& probe) {
  return std::all_of(probe.checks().begin(), probe.checks().end(),
                     [](const v1::GateResult& check) { return check.passed(); });
}

bool BacklogGrows(const v1::Probe& probe) {
  return std::any_of(probe.checks().begin(), probe.checks().end(), [](const v1::GateResult& check) {
    return check.name() == kBacklog && !check.passed();
  });
}

bool IsOverridden(const v1::Leg& leg, const v1::GateResult& gate) {
  const auto& overridden = leg.verdict().overridden();
  return std::find(overridden.begin(), overridden.end(), gate.name()) != overridden.end();
}

bool GateFailed(const v1::Leg& leg) {
  return std::any_of(leg.gates().begin(), leg.gates().end(), [&](const v1::GateResult& gate) {
    if (gate.passed() || IsOverridden(leg, gate)) return false;
    const bool excused = gate.name() == RowOf(Gate::kAgreement).name && BacklogGrows(leg.probe());
    return !excused;
  });
}

// INVALID for what no gate has said: operations that are not accounted for, records that differ.
bool Broken(const v1::Leg& leg) {
  if (leg.verdict().validity() != v1::VALIDITY_INVALID) return false;
  return std::all_of(leg.gates().begin(), leg.gates().end(),
                     [](const v1::GateResult& gate) { return gate.passed(); });
}

Tally MeasuredOf(const v1::Leg& leg) {
  Tally total;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == v1::PHASE_MEASURE) total.Add(result.total()).IgnoreError();
  }
  return total;
}

double MeasuredSeconds(const v1::Leg& leg) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == v1::PHASE_MEASURE) return static_cast<double>(span.duration_ns()) / 1e9;
  }
  return 0;
}

// What the agents planned is the rate that the probe was for, but for the chance of arrivals: a
// search that asks for rates which nobody offers would never end.
bool WasOffered(const v1::Probe& probe, const v1::Tally& counts, double seconds) {
  if (probe.purpose() == v1::PROBE_PURPOSE_SCALING) return true;
  const double expected = probe.offered_per_s() * seconds;
  const double off = std::abs(static_cast<double>(counts.planned()) - expected);
  return off <= std::max(0.02 * expected, 6 * std::sqrt(expected));
}

v1::ProbeEnd EndOf(const v1::Leg& leg) {
  if (!leg.failure().empty() || Broken(leg)) return v1::PROBE_END_FAILED;
  if (GateFailed(leg)) return v1::PROBE_END_GENERATOR_LIMITED;
  return Passed(leg.probe()) ? v1::PROBE_END_PASSED : v1::PROBE_END_MISSED;
}

}  // namespace

void JudgeProbe(const v1::Objective& objective, const Slope& backlog, v1::Leg* leg) {
  v1::Probe* probe = leg->mutable_probe();
  const Tally total = MeasuredOf(*leg);
  const v1::Tally& counts = total.counts();
  const double seconds = MeasuredSeconds(*leg);
  if (seconds > 0) probe->set_achieved_per_s(static_cast<double>(counts.ok()) / seconds);
  probe->set_backlog_per_s(backlog.median);
  if (probe->purpose() != v1::PROBE_PURPOSE_SCALING) {
    const PlannedResponse response = PlannedResponse::OfPhase(total);
    for (const Limit& limit : ResponseLimits(objective)) {
      *probe->add_checks() = CheckResponse(limit, response);
    }
    *probe->add_checks() = CheckBacklog(backlog, probe->offered_per_s(), objective.backlog());
  }
  *probe->add_checks() =
      CheckShare("errors", Unsuccessful(counts), OperationsOf(counts), objective.errors());
  *probe->add_checks() = CheckShare("throttled", counts.throttled_attempts(), counts.attempts(),
                                    objective.throttled());
  if (leg->failure().empty() && !WasOffered(*probe, counts, seconds)) {
    AddReason(v1::VALIDITY_INVALID,
              absl::StrFormat("the plan held %s operations a second, not the %s of the probe",
                              CountText(static_cast<double>(counts.planned()) / seconds),
                              CountText(probe->offered_per_s())),
              leg->mutable_verdict());
    leg->set_failure("the agents did not plan the probe's rate");
  }
  probe->set_end(EndOf(*leg));
}

std::string ObjectiveText(const v1::Objective& objective, bool whole) {
  std::vector<std::string> parts;
  for (const Limit& limit : ResponseLimits(objective)) {
    parts.push_back(absl::StrCat(limit.words, " ≤ ", LimitText(limit.ns)));
  }
  if (whole || parts.empty()) {
    parts.push_back(absl::StrCat("errors ≤ ", LimitText(objective.errors())));
    parts.push_back(absl::StrCat("throttled ≤ ", LimitText(objective.throttled())));
    parts.push_back(absl::StrCat("backlog growth ≤ ", LimitText(objective.backlog()),
                                 " of the rate per second"));
  }
  return absl::StrJoin(parts, ", ");
}

std::string ProbeLine(const v1::Leg& leg) {
  const v1::Probe& probe = leg.probe();
  const std::string what =
      probe.purpose() == v1::PROBE_PURPOSE_SCALING
          ? absl::StrCat(probe.sessions(), probe.sessions() == 1 ? " session" : " sessions")
          : absl::StrCat(CountText(probe.offered_per_s()), " /s");
  switch (probe.end()) {
    case v1::PROBE_END_FAILED:
      return absl::StrCat(what, " did not run to its end");
    case v1::PROBE_END_GENERATOR_LIMITED:
      for (const v1::GateResult& gate : leg.gates()) {
        if (!gate.passed()) return absl::StrCat(what, ": gate ", gate.name(), ": ", gate.saw());
      }
      return what;
    default:
      break;
  }
  if (probe.purpose() == v1::PROBE_PURPOSE_SCALING) {
    return absl::StrCat(what, ": ", CountText(probe.achieved_per_s()), " /s");
  }
  std::vector<std::string> saw;
  const bool passed = probe.end() == v1::PROBE_END_PASSED;
  for (const v1::GateResult& check : probe.checks()) {
    const bool tells = passed ? absl::StartsWith(check.name(), "response") : !check.passed();
    if (tells) saw.push_back(absl::StrCat(check.name(), " ", check.saw()));
  }
  return absl::StrCat(what, passed ? " passed" : " missed", saw.empty() ? "" : ": ",
                      absl::StrJoin(saw, "; "));
}

}  // namespace weir
