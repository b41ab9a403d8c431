#include "coordinator/cli/capacity_plan.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

#include "coordinator/probe_judge.h"
#include "coordinator/quantity.h"
#include "reports/comparison_design.h"
#include "reports/probe_scenario.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr int kLikelyDoublings = 5;

double StartOf(const v1::Scenario& scenario) { return PerSecond(scenario.shape().open().rate()); }

int DoublingsOf(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  if (!campaign.capacity().has_most()) return kLikelyDoublings;
  const double factor = PerSecond(campaign.capacity().most()) / StartOf(scenario);
  return static_cast<int>(std::ceil(std::log2(std::max(1.0, factor))));
}

std::string Time(int64_t ns) { return DurationText(static_cast<double>(ns) / 1e3); }

std::string ScenarioLine(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  const int doublings = DoublingsOf(campaign, scenario);
  const size_t targets = TargetsOf(campaign, scenario).size();
  const SearchLength typical = TypicalLength(campaign.capacity(), doublings);
  const SearchLength longest = LongestLength(campaign.capacity(), doublings);
  double reach = StartOf(scenario) * std::pow(2.0, doublings);
  if (campaign.capacity().has_most()) {
    reach = std::min(reach, PerSecond(campaign.capacity().most()));
  }
  return absl::StrCat("  ", scenario.name(), ": from ", CountText(StartOf(scenario)), " /s; up to ",
                      CountText(reach), " /s about ", typical.probes, " probes and ",
                      Time(typical.ns), ", ", longest.probes, " and ", Time(longest.ns),
                      " where gates fail and the first rates do not hold",
                      targets > 1 ? absl::StrCat(", on each of ", targets, " targets") : "",
                      Writes(scenario) && scenario.phases().has_load()
                          ? "; a load before each probe comes on top"
                          : "");
}

}  // namespace

SearchLength TypicalSearch(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  return TypicalLength(campaign.capacity(), DoublingsOf(campaign, scenario));
}

std::vector<std::string> CapacityPlanLines(const v1::Campaign& campaign) {
  const v1::Capacity& capacity = campaign.capacity();
  std::vector<std::string> lines = {
      absl::StrCat("searches the highest rate at ", ObjectiveText(capacity.objective(), true)),
      absl::StrCat("  each probe settles for ", FormatDuration(capacity.settle().ns()),
                   " and is judged over ", FormatDuration(capacity.step().ns()),
                   "; the rate that is found, and 1.05 times it, ", capacity.confirmations(),
                   capacity.confirmations() == 1 ? " time over " : " times each over ",
                   FormatDuration(capacity.confirm().ns()))};
  if (capacity.curve() > 0) {
    lines.push_back(absl::StrCat("  then ", capacity.curve(),
                                 " rates from 20 % to 110 % of it for the rate-response curve"));
  }
  if (capacity.sessions_size() > 0) {
    lines.push_back(absl::StrCat("  then ", capacity.sessions_size(), " closed loops, of ",
                                 capacity.sessions(0), " to ",
                                 capacity.sessions(capacity.sessions_size() - 1), " sessions"));
  }
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    lines.push_back(ScenarioLine(campaign, scenario));
  }
  return lines;
}

}  // namespace weir
