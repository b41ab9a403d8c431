#include "reports/page_capacity.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "reports/capacity_table.h"
#include "reports/planned_response.h"
#include "reports/quantity.h"
#include "reports/result_row.h"

namespace weir {
namespace {

using nlohmann::json;

bool Told(const v1::Leg& leg) {
  return leg.probe().end() == v1::PROBE_END_PASSED || leg.probe().end() == v1::PROBE_END_MISSED;
}

// Microseconds; "inf" among operations without success; null where nothing can be said.
json Quantile(const ResultRow& row, double q) {
  const auto ns = PlannedResponse::OfPhase(row.tally).RoughQuantile(q);
  if (!ns) return nullptr;
  return std::isinf(*ns) ? json("inf") : json(*ns / 1e3);
}

// Of the probes for the curve; where none were asked for, of those that searched.
std::vector<const v1::Leg*> CurveOf(const std::vector<const v1::Leg*>& probes) {
  const auto of = [&](v1::ProbePurpose purpose) {
    std::vector<const v1::Leg*> found;
    for (const v1::Leg* leg : probes) {
      if (leg->probe().purpose() == purpose && Told(*leg)) found.push_back(leg);
    }
    std::stable_sort(found.begin(), found.end(), [](const v1::Leg* a, const v1::Leg* b) {
      return a->probe().offered_per_s() < b->probe().offered_per_s();
    });
    return found;
  };
  std::vector<const v1::Leg*> curve = of(v1::PROBE_PURPOSE_CURVE);
  return curve.empty() ? of(v1::PROBE_PURPOSE_SEARCH) : curve;
}

json CurveData(const v1::RunResult& run, const std::vector<const v1::Leg*>& probes) {
  json curve = {{"offered", json::array()},
                {"achieved", json::array()},
                {"p50", json::array()},
                {"p99", json::array()},
                {"p999", json::array()}};
  for (const v1::Leg* leg : CurveOf(probes)) {
    const auto row = TotalRow(run, *leg, v1::PHASE_MEASURE);
    if (!row.ok()) continue;
    curve["offered"].push_back(leg->probe().offered_per_s());
    curve["achieved"].push_back(leg->probe().achieved_per_s());
    curve["p50"].push_back(Quantile(*row, 0.5));
    curve["p99"].push_back(Quantile(*row, 0.99));
    curve["p999"].push_back(Quantile(*row, 0.999));
  }
  return curve;
}

double Law(const v1::Scalability& fit, double n) {
  return fit.gamma() * n / (1 + fit.alpha() * (n - 1) + fit.beta() * n * (n - 1));
}

json ScalingData(const std::vector<const v1::Leg*>& probes, const v1::Scalability& fit) {
  json scaling = {{"sessions", json::array()}, {"measured", json::array()}, {"law", json::array()}};
  for (const v1::Leg* leg : probes) {
    const v1::Probe& probe = leg->probe();
    if (probe.purpose() != v1::PROBE_PURPOSE_SCALING || leg->set_aside()) continue;
    scaling["sessions"].push_back(probe.sessions());
    scaling["measured"].push_back(Told(*leg) ? json(probe.achieved_per_s()) : json());
    if (fit.fitted()) scaling["law"].push_back(Law(fit, probe.sessions()));
  }
  return scaling;
}

json ResultData(const v1::RunResult& run, const v1::CapacityResult& result) {
  const auto probes = ProbesOf(run, result.scenario(), result.target());
  json rows = json::array();
  for (const v1::Leg* leg : probes) {
    const std::vector<std::string> cells = ProbeCells(run, *leg);
    rows.push_back({{"cells", cells}, {"passed", leg->probe().end() == v1::PROBE_END_PASSED}});
  }
  return {{"scenario", result.scenario()},
          {"target", result.target()},
          {"sentence", result.sentence()},
          {"low", result.low_per_s()},
          {"high", result.high_per_s()},
          {"curve", CurveData(run, probes)},
          {"scaling", ScalingData(probes, result.scalability())},
          {"law", result.has_scalability() ? ScalabilityText(result.scalability()) : ""},
          {"probes", std::move(rows)}};
}

}  // namespace

json CapacityData(const v1::RunResult& run) {
  if (run.capacities().empty()) return nullptr;
  json results = json::array();
  for (const v1::CapacityResult& result : run.capacities()) {
    results.push_back(ResultData(run, result));
  }
  return {{"objective", run.capacities(0).objective()},
          {"heads", ProbeHeads()},
          {"results", std::move(results)}};
}

}  // namespace weir
