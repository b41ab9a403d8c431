#include "reports/capacity_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

#include "base/printable.h"
#include "reports/metrics.h"
#include "reports/quantity.h"
#include "reports/text_table.h"

namespace weir {
namespace {

std::string LowerName(const std::string& name, absl::string_view prefix) {
  absl::string_view rest = name;
  absl::ConsumePrefix(&rest, prefix);
  return absl::StrReplaceAll(absl::AsciiStrToLower(rest), {{"_", "-"}});
}

bool IsScaling(const v1::Leg& leg) { return leg.probe().purpose() == v1::PROBE_PURPOSE_SCALING; }

std::string RateText(double per_s) {
  return per_s > 0 ? absl::StrCat(CountText(per_s), " /s") : "–";
}

// Why a probe did not pass: the parts of the objective that were missed, or our gates.
std::string WhyNot(const v1::Leg& leg) {
  std::vector<std::string> names;
  const bool ours = leg.probe().end() == v1::PROBE_END_GENERATOR_LIMITED;
  for (const v1::GateResult& result : ours ? leg.gates() : leg.probe().checks()) {
    const bool known = std::find(names.begin(), names.end(), result.name()) != names.end();
    if (!result.passed() && !known) names.push_back(result.name());
  }
  return absl::StrJoin(names, ", ");
}

std::string EndText(const v1::Leg& leg) {
  const std::string end = ProbeEndName(leg.probe().end());
  if (leg.probe().end() == v1::PROBE_END_PASSED || end.empty()) return end;
  const std::string why = leg.failure().empty() ? WhyNot(leg) : leg.failure();
  return why.empty() ? end : absl::StrCat(end, ": ", why);
}

std::string ShownText(const v1::RunResult& run, const v1::Leg& leg, const char* metric_name) {
  const auto row = TotalRow(run, leg, v1::PHASE_MEASURE);
  if (!row.ok()) return "–";
  const Metric& metric = *FindMetric(metric_name);
  return HumanText(metric, ValueOf(metric, *row), row->timeout_us);
}

// Of few operations a quantile is only known as well as the objective was judged by it.
std::string ResponseText(const v1::RunResult& run, const v1::Leg& leg, const std::string& name) {
  std::string text = ShownText(run, leg, (name + "_us").c_str());
  if (text != "–") return text;
  for (const v1::GateResult& check : leg.probe().checks()) {
    const bool told = absl::ascii_isdigit(static_cast<unsigned char>(check.saw()[0]));
    if (check.name() == name && told) return absl::StrCat("≈ ", check.saw());
  }
  return text;
}

}  // namespace

std::vector<std::string> ProbeHeads() {
  return {"probe", "offered", "achieved",  "p50",     "p99",
          "p99.9", "errors",  "throttled", "backlog", ""};
}

std::vector<std::string> ProbeCells(const v1::RunResult& run, const v1::Leg& leg) {
  const v1::Probe& probe = leg.probe();
  const std::string grows =
      probe.backlog_per_s() > 0 ? absl::StrCat("+", CountText(probe.backlog_per_s()), " /s") : "0";
  const bool open = !IsScaling(leg);
  const std::string loop =
      absl::StrCat(probe.sessions(), probe.sessions() == 1 ? " session" : " sessions");
  const auto response = [&](const char* name) {
    return open ? ResponseText(run, leg, name) : std::string("–");
  };
  return {PurposeName(probe.purpose()),
          open ? RateText(probe.offered_per_s()) : loop,
          RateText(probe.achieved_per_s()),
          response("response_p50"),
          response("response_p99"),
          response("response_p999"),
          ShownText(run, leg, "error_share"),
          ShownText(run, leg, "throttled_share"),
          open ? grows : "–",
          Printable(EndText(leg))};
}

std::string FindingName(v1::CapacityFinding finding) {
  return LowerName(v1::CapacityFinding_Name(finding), "CAPACITY_FINDING_");
}

std::string PurposeName(v1::ProbePurpose purpose) {
  if (purpose == v1::PROBE_PURPOSE_UNSPECIFIED) return "";
  return LowerName(v1::ProbePurpose_Name(purpose), "PROBE_PURPOSE_");
}

std::string ProbeEndName(v1::ProbeEnd end) {
  if (end == v1::PROBE_END_UNSPECIFIED) return "";
  return LowerName(v1::ProbeEnd_Name(end), "PROBE_END_");
}

std::vector<const v1::Leg*> ProbesOf(const v1::RunResult& run, const std::string& scenario,
                                     const std::string& target) {
  std::vector<const v1::Leg*> probes;
  for (const v1::Leg& leg : run.legs()) {
    const bool ours = leg.scenario() == scenario && leg.target() == target;
    if (ours && leg.probe().end() != v1::PROBE_END_UNSPECIFIED) probes.push_back(&leg);
  }
  return probes;
}

std::string ProbesTable(const v1::RunResult& run, const std::string& scenario,
                        const std::string& target, int width) {
  TextTable table({{"  probe", 10, true},
                   {"offered", 10},
                   {"achieved", 8},
                   {"p50", 4},
                   {"p99", 7},
                   {"p99.9", 5},
                   {"errors", 3},
                   {"throttled", 1},
                   {"backlog", 2},
                   {"", 9, true}});
  bool any = false;
  for (const v1::Leg* leg : ProbesOf(run, scenario, target)) {
    if (IsScaling(*leg)) continue;
    std::vector<std::string> cells = ProbeCells(run, *leg);
    cells[0].insert(0, "  ");
    table.Add(std::move(cells));
    any = true;
  }
  return any ? table.Render(width) : "";
}

std::string ScalingTable(const v1::RunResult& run, const std::string& scenario,
                         const std::string& target, int width) {
  TextTable table({{"  closed loop", 10, true}, {"throughput", 10}, {"", 5, true}});
  bool any = false;
  for (const v1::Leg* leg : ProbesOf(run, scenario, target)) {
    if (!IsScaling(*leg)) continue;
    const uint32_t sessions = leg->probe().sessions();
    table.Add({absl::StrCat("  ", sessions, sessions == 1 ? " session" : " sessions"),
               RateText(leg->probe().achieved_per_s()), Printable(EndText(*leg))});
    any = true;
  }
  return any ? table.Render(width) : "";
}

std::string ScalabilityText(const v1::Scalability& scalability) {
  if (!scalability.fitted()) return scalability.reason();
  const auto interval = [](double value, double low, double high) {
    return absl::StrFormat("%.3g (95 %% CI %.3g … %.3g)", value, low, high);
  };
  return absl::StrCat(
      "scalability: contention α = ",
      interval(scalability.alpha(), scalability.alpha_low(), scalability.alpha_high()),
      ", coherence β = ",
      interval(scalability.beta(), scalability.beta_low(), scalability.beta_high()),
      "; throughput peaks at ", CountText(scalability.peak_per_s()), " /s with ",
      CountText(scalability.peak_sessions()), " sessions (95 % CI ",
      CountText(scalability.peak_low()),
      std::isinf(scalability.peak_high())
          ? " or more)"
          : absl::StrCat(" … ", CountText(scalability.peak_high()), ")"));
}

}  // namespace weir
