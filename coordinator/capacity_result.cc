#include "coordinator/capacity_result.h"

#include <vector>

#include "absl/strings/str_cat.h"

#include "coordinator/probe_judge.h"
#include "measure/scalability.h"
#include "reports/quantity.h"

namespace weir {

std::string CapacitySentence(const v1::Capacity& capacity, const v1::CapacityResult& result,
                             const std::string& reason) {
  const std::string at =
      absl::StrCat(" operations/s at ", ObjectiveText(capacity.objective(), /*whole=*/false));
  const std::string low = CountText(result.low_per_s());
  const std::string sustains = absl::StrCat(result.target(), " sustains ");
  const std::string interval =
      result.high_per_s() > 0 ? absl::StrCat(low, "–", CountText(result.high_per_s())) : low;
  switch (result.finding()) {
    case v1::CAPACITY_FINDING_CONFIRMED:
      return absl::StrCat(sustains, interval, at, " (CONFIRMED)");
    case v1::CAPACITY_FINDING_UNCONFIRMED:
      return absl::StrCat(sustains, interval, at, " (UNCONFIRMED: ", reason, ")");
    case v1::CAPACITY_FINDING_GENERATOR_LIMITED:
      return absl::StrCat(sustains, "≥ ", low, at, " (GENERATOR-LIMITED: ", reason, ")");
    case v1::CAPACITY_FINDING_LIMIT_REACHED:
      return absl::StrCat(sustains, "≥ ", low, at, " (", reason, ")");
    default:
      return absl::StrCat("no rate was found that ", result.target(), " sustains at ",
                          ObjectiveText(capacity.objective(), /*whole=*/false), ": ", reason);
  }
}

v1::Scalability ScalabilityOf(const v1::RunResult& run, const v1::CapacityResult& result) {
  std::vector<ScalabilityPoint> points;
  for (const v1::Leg& leg : run.legs()) {
    const v1::Probe& probe = leg.probe();
    if (leg.scenario() != result.scenario() || leg.target() != result.target()) continue;
    if (probe.purpose() != v1::PROBE_PURPOSE_SCALING) continue;
    const bool told = probe.end() == v1::PROBE_END_PASSED || probe.end() == v1::PROBE_END_MISSED;
    if (told) points.push_back({static_cast<double>(probe.sessions()), probe.achieved_per_s()});
  }
  const ScalabilityFit fit = FitScalability(points, run.campaign().seed());
  v1::Scalability scalability;
  scalability.set_fitted(fit.missing.empty());
  if (!fit.missing.empty()) {
    scalability.set_reason(absl::StrCat("no extrapolation: ", fit.missing));
    return scalability;
  }
  scalability.set_gamma(fit.gamma);
  scalability.set_alpha(fit.alpha);
  scalability.set_beta(fit.beta);
  scalability.set_alpha_low(fit.alpha_95.low);
  scalability.set_alpha_high(fit.alpha_95.high);
  scalability.set_beta_low(fit.beta_95.low);
  scalability.set_beta_high(fit.beta_95.high);
  scalability.set_peak_sessions(fit.peak_sessions);
  scalability.set_peak_low(fit.peak_95.low);
  scalability.set_peak_high(fit.peak_95.high);
  scalability.set_peak_per_s(fit.peak_per_s);
  return scalability;
}

}  // namespace weir
