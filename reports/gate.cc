#include "reports/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "base/printable.h"
#include "reports/comparison_text.h"
#include "reports/leg_text.h"
#include "reports/markdown_text.h"
#include "reports/metrics.h"
#include "reports/report.h"

namespace weir {
namespace {

GateCheck CheckValidity(const v1::RunResult& run) {
  const v1::Validity validity = run.verdict().validity();
  const std::string reasons =
      run.verdict().reasons().empty() ? "" : absl::StrCat(": ", run.verdict().reasons(0));
  // A DEGRADED run is a true measurement: thresholds say whether that is enough.
  const bool sound = validity == v1::VALIDITY_VALID || validity == v1::VALIDITY_DEGRADED;
  return {"validity", "the run can be trusted", sound,
          absl::StrCat(ValidityWord(validity), reasons)};
}

void CheckThresholds(const v1::RunResult& run, std::vector<GateCheck>* checks) {
  for (const v1::ThresholdResult& result : run.thresholds()) {
    const std::string of = result.operation().empty() ? "" : absl::StrCat(", ", result.operation());
    checks->push_back({"threshold",
                       absl::StrCat(ThresholdText(result.threshold()), " (", result.scenario(),
                                    " on ", result.target(), of, ")"),
                       result.met(), ThresholdValueText(run, result)});
  }
}

// Only what is shown fails. A comparison that came to nothing cannot vouch for the run either.
void CheckFindings(const v1::RunResult& run, std::vector<GateCheck>* checks) {
  for (const v1::Compared& compared : run.comparison().compared()) {
    const v1::Finding finding = compared.finding();
    const bool passed = finding != v1::FINDING_SLOWER && finding != v1::FINDING_INVALID;
    checks->push_back({"finding", absl::StrCat(compared.scenario(), ", ", FindingSubject(compared)),
                       passed, compared.sentence()});
  }
}

void CheckRegressions(const v1::RunResult& run, const v1::RunResult& baseline,
                      const GateLimits& limits, std::vector<GateCheck>* checks) {
  const auto differences =
      DifferencesOf(baseline, run, limits.metrics.empty() ? ComparedMetrics() : limits.metrics);
  for (const RunDifference& difference : differences) {
    const Metric& metric = *FindMetric(difference.metric);
    if (BetterOf(metric) == Better::kNeither) continue;
    checks->push_back({"regression",
                       absl::StrFormat("%s of %s, %s on %s: at most %.3g %% worse than %s",
                                       difference.metric, difference.operation, difference.scenario,
                                       difference.target, 100 * limits.regression, baseline.id()),
                       difference.Regression() <= limits.regression,
                       absl::StrCat(HumanText(metric, difference.other, 0), " after ",
                                    HumanText(metric, difference.baseline, 0), ", ",
                                    DifferenceText(difference.ratio()), " (no verdict: n = 1)")});
  }
  if (differences.empty()) {
    checks->push_back(
        {"regression", absl::StrCat("compared with ", baseline.id()), false,
         "the runs have no number in common: other scenarios, targets or operations"});
  }
}

std::string XmlText(const std::string& text) {
  // XML 1.0 has no place for control characters.
  return absl::StrReplaceAll(Printable(text),
                             {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

int64_t CountFailed(const std::vector<GateCheck>& checks) {
  return std::count_if(checks.begin(), checks.end(),
                       [](const GateCheck& check) { return !check.passed; });
}

}  // namespace

std::vector<GateCheck> CheckRun(const v1::RunResult& run, const v1::RunResult* baseline,
                                const GateLimits& limits) {
  std::vector<GateCheck> checks = {CheckValidity(run)};
  CheckThresholds(run, &checks);
  CheckFindings(run, &checks);
  if (baseline != nullptr) CheckRegressions(run, *baseline, limits, &checks);
  return checks;
}

bool Passes(const std::vector<GateCheck>& checks) { return CountFailed(checks) == 0; }

std::string GateJUnit(const v1::RunResult& run, const std::vector<GateCheck>& checks) {
  std::string text = absl::StrFormat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n<testsuite name=\"%s\" id=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\">\n",
      XmlText(run.campaign().name()), XmlText(run.id()), checks.size(), CountFailed(checks));
  for (const GateCheck& check : checks) {
    absl::StrAppendFormat(&text, "<testcase classname=\"weir.%s\" name=\"%s\"", check.group,
                          XmlText(check.name));
    if (check.passed) {
      absl::StrAppend(&text, "><system-out>", XmlText(check.saw), "</system-out></testcase>\n");
    } else {
      absl::StrAppendFormat(&text, "><failure message=\"%s\"/></testcase>\n", XmlText(check.saw));
    }
  }
  return text + "</testsuite>\n</testsuites>\n";
}

std::string GateMarkdown(const v1::RunResult& run, const std::vector<GateCheck>& checks) {
  std::string text = absl::StrFormat(
      "## Weir: %s %s\n\nRun `%s`: %d of %d checks passed.\n\n| | check | saw |\n|---|---|---|\n",
      MarkdownText(run.campaign().name()), Passes(checks) ? "passes" : "does not pass", run.id(),
      static_cast<int64_t>(checks.size()) - CountFailed(checks), checks.size());
  for (const GateCheck& check : checks) {
    absl::StrAppend(&text, check.passed ? "| ✓ | " : "| **✕** | ", MarkdownText(check.name), " | ",
                    MarkdownText(check.saw), " |\n");
  }
  return text;
}

}  // namespace weir
