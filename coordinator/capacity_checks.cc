#include "coordinator/capacity_checks.h"

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_walk.h"
#include "reports/comparison_design.h"
#include "reports/probe_scenario.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr char kCapacity[] = "capacity";
constexpr uint32_t kFewestCurvePoints = 8;
constexpr int kFewestLoads = 7;

std::string In(const char* key) { return JoinPath(kCapacity, key); }

double PerSecond(const v1::Rate& rate) {
  if (rate.per_ns() == 0) return 0;
  return static_cast<double>(rate.operations()) * 1e9 / static_cast<double>(rate.per_ns());
}

// One rate, of which there can be another.
void CheckShape(const v1::Scenario& scenario, const std::string& path, Findings* findings) {
  const std::string shape = path + ".shape";
  if (scenario.phases().measure().ns() == 0) {
    findings->Add(path + ".phases", "a search drives the scenario; give 'measure'",
                  {path + ".phases"});
    return;
  }
  if (!scenario.shape().has_open()) {
    findings->Add(shape, "a search varies the rate, which a closed loop does not have; give 'open'",
                  {path + ".phases"});
    return;
  }
  const v1::OpenLoop& open = scenario.shape().open();
  const bool even = open.arrivals() == v1::ARRIVAL_PROCESS_POISSON ||
                    open.arrivals() == v1::ARRIVAL_PROCESS_CONSTANT;
  if (even && open.has_rate()) return;
  findings->Add(shape + ".open",
                "a search varies one rate; give 'rate', and arrivals: poisson or constant",
                {shape + ".open"});
}

// R31: a load that writes starts from the same state in every probe.
void CheckRestored(const v1::Campaign& campaign, const v1::Scenario& scenario,
                   const std::string& path, Findings* findings) {
  if (scenario.phases().has_load() || !Writes(scenario)) return;
  for (const uint32_t target : TargetsOf(campaign, scenario)) {
    if (campaign.targets(static_cast<int>(target)).has_null()) continue;  // has no state
    findings->Add(path + ".phases",
                  "a search restores the records before each probe of a mix that writes; give "
                  "'load'",
                  {path + ".phases", path + ".operations"});
    return;
  }
}

void CheckLimit(const v1::Campaign& campaign, const v1::Scenario& scenario, Findings* findings) {
  const v1::Capacity& capacity = campaign.capacity();
  if (!capacity.has_most()) return;
  const double start = PerSecond(scenario.shape().open().rate());
  if (PerSecond(capacity.most()) >= start) return;
  findings->Add(In("most"), absl::StrCat("most: is below the rate at which ", scenario.name(),
                                         " starts, ", CountText(start), "/s"));
}

// What can be told of a quantile at the rate where the search begins.
void WarnOfFewOperations(const v1::Campaign& campaign, const v1::Scenario& scenario,
                         Findings* findings) {
  const v1::Objective& objective = campaign.capacity().objective();
  const double q = objective.response_p999().ns() > 0  ? 0.999
                   : objective.response_p99().ns() > 0 ? 0.99
                                                       : 0;
  if (q == 0) return;
  const double step_s = static_cast<double>(campaign.capacity().step().ns()) / 1e9;
  const double operations = PerSecond(scenario.shape().open().rate()) * step_s;
  if (campaign.capacity().has_most() &&
      PerSecond(campaign.capacity().most()) * step_s * (1 - q) < 1) {
    findings->Add(In("most"), absl::StrCat("most: in a step of ", CountText(step_s),
                                           " s it has too few operations to tell a p",
                                           CountText(100 * q), "; give a longer step"));
  }
  const double fewest = 100 / (1 - q);
  if (operations >= fewest || operations <= 0) return;
  findings->Warn(In("step"),
                 absl::StrCat(scenario.name(), ": a step has ", CountText(operations),
                              " operations at the first rate; below ", CountText(fewest), " its p",
                              CountText(100 * q), " is rough, and the search with it"));
}

void CheckLengths(const v1::Capacity& capacity, Findings* findings) {
  for (const auto& [key, length] :
       {std::pair{"step", capacity.step().ns()}, std::pair{"confirm", capacity.confirm().ns()}}) {
    if (length > 0) continue;
    findings->Add(In(key), absl::StrCat(key, ": must last longer than 0s"));
  }
  if (capacity.curve() > 0 && capacity.curve() < kFewestCurvePoints) {
    findings->Add(In("curve"), absl::StrCat("curve: takes ", kFewestCurvePoints,
                                            " rates or more to be one; 0 leaves it out"));
  }
}

void CheckSessions(const v1::Capacity& capacity, Findings* findings) {
  for (int i = 0; i < capacity.sessions_size(); ++i) {
    const std::string item = ItemPath(In("sessions"), static_cast<size_t>(i));
    if (capacity.sessions(i) == 0 || capacity.sessions(i) > 1'000'000) {
      findings->Add(item, "sessions: between 1 and 1,000,000");
    } else if (i > 0 && capacity.sessions(i) <= capacity.sessions(i - 1)) {
      findings->Add(item, "sessions: give them in ascending order, each once");
    }
  }
  if (capacity.sessions_size() > 0 && capacity.sessions_size() < kFewestLoads) {
    findings->Warn(In("sessions"), absl::StrCat("sessions: a fit needs ", kFewestLoads,
                                                " or more; throughput will only be listed"));
  }
}

}  // namespace

void CheckCapacity(const v1::Campaign& campaign, Findings* findings) {
  if (campaign.has_compare()) {
    findings->Add(kCapacity,
                  "'capacity' and 'compare' are two campaigns: a comparison needs one rate for all "
                  "its rounds; remove one of the two",
                  {"compare"});
  }
  CheckLengths(campaign.capacity(), findings);
  CheckSessions(campaign.capacity(), findings);
  for (int i = 0; i < campaign.scenarios_size(); ++i) {
    const v1::Scenario& scenario = campaign.scenarios(i);
    const std::string path = ItemPath("scenarios", static_cast<size_t>(i));
    CheckShape(scenario, path, findings);
    CheckRestored(campaign, scenario, path, findings);
    CheckLimit(campaign, scenario, findings);
    WarnOfFewOperations(campaign, scenario, findings);
    if (scenario.thresholds_size() > 0) {
      findings->Add(path + ".thresholds",
                    "'thresholds' cannot be met at every rate of a search; the capacity's "
                    "objective says what must hold");
    }
  }
}

}  // namespace weir
