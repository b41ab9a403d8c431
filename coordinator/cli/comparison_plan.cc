#include "coordinator/cli/comparison_plan.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "coordinator/quantity.h"
#include "measure/detectable_effect.h"
#include "reports/comparison_design.h"

namespace weir {
namespace {

std::string Percent(double share) { return absl::StrFormat("%.3g %%", 100 * share); }

std::string MetricNames(const v1::Comparison& compare) {
  return absl::StrJoin(compare.metrics(), ", ",
                       [](std::string* out, const v1::PrimaryMetric& metric) {
                         absl::StrAppend(out, metric.metric());
                         if (metric.operation().empty()) return;
                         absl::StrAppend(out, " of ", metric.operation());
                       });
}

std::string BaselineName(const v1::Campaign& campaign) {
  const uint32_t baseline = BaselineOf(campaign, campaign.scenarios(0));
  return campaign.targets(static_cast<int>(baseline)).name();
}

}  // namespace

int64_t CanariesNs(const v1::Campaign& campaign) {
  size_t runs = 0;
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    if (scenario.phases().measure().ns() > 0) runs += TargetsOf(campaign, scenario).size();
  }
  return static_cast<int64_t>(runs) * campaign.compare().canary().ns();
}

std::vector<std::string> ComparisonPlanLines(const v1::Campaign& campaign) {
  const v1::Comparison& compare = campaign.compare();
  const size_t family = FamilySize(campaign);
  const double effect = DetectableEffect({.pairs = RoundsOf(compare),
                                          .comparisons = family,
                                          .significance = SignificanceOfLook(compare),
                                          .spread = compare.spread()});
  const int64_t canary_ns = CanariesNs(campaign) > 0 ? compare.canary().ns() : 0;
  std::vector<std::string> lines = {
      absl::StrCat("compares with ", BaselineName(campaign), ": ", RoundsOf(compare),
                   " rounds, each target once in every round, in an order from the seed",
                   canary_ns > 0 ? absl::StrCat("; a canary of ", FormatDuration(canary_ns),
                                                " before each run")
                                 : "; no canary: a change of the machines' speed goes unnoticed"),
      absl::StrFormat("  judges %s: %d %s together at %.2g (Holm)", MetricNames(compare), family,
                      family == 1 ? "comparison" : "comparisons", SignificanceOfLook(compare)),
      absl::StrCat("  a difference matters from ", Percent(compare.threshold()),
                   " on; equivalent is what lies within ±", Percent(compare.margin())),
      absl::StrCat("  if runs differ by ", Percent(compare.spread()),
                   " from one to the next (standard deviation), a difference of ", Percent(effect),
                   " is found with a probability of 80 %")};
  if (compare.extend()) {
    lines.push_back(absl::StrCat("  where no difference is shown then, ", RoundsOf(compare),
                                 " rounds more, once: up to twice as long"));
  }
  return lines;
}

}  // namespace weir
