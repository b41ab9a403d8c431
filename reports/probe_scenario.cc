#include "reports/probe_scenario.h"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;

// A thousandth of an operation per second is as fine as rates are told apart.
v1::Rate RateOf(double per_s) {
  v1::Rate rate;
  const auto whole = static_cast<uint64_t>(std::llround(per_s));
  const bool is_whole = std::abs(per_s - static_cast<double>(whole)) < 1e-6;
  rate.set_operations(
      std::max<uint64_t>(1, is_whole ? whole : static_cast<uint64_t>(std::llround(1000 * per_s))));
  rate.set_per_ns(is_whole ? kNsPerSecond : 1000 * kNsPerSecond);
  return rate;
}

bool IsLong(const v1::Probe& probe) {
  return probe.purpose() == v1::PROBE_PURPOSE_CONFIRM ||
         probe.purpose() == v1::PROBE_PURPOSE_REFUTE;
}

// The records are there from the first probe on, unless the mix changes them.
bool Loads(const v1::RunResult& run, const v1::Leg& leg, const v1::Scenario& scenario) {
  if (Writes(scenario)) return true;
  return std::none_of(run.legs().begin(), run.legs().end(), [&](const v1::Leg& other) {
    return other.index() < leg.index() && other.scenario() == leg.scenario() &&
           other.target() == leg.target();
  });
}

}  // namespace

bool Writes(const v1::Scenario& scenario) {
  return std::any_of(
      scenario.operations().begin(), scenario.operations().end(), [](const v1::OperationSpec& o) {
        return o.do_() != v1::OPERATION_KIND_READ && o.do_() != v1::OPERATION_KIND_QUERY;
      });
}

v1::Scenario ProbeScenario(const v1::Capacity& capacity, const v1::Scenario& scenario,
                           const v1::Probe& probe, bool loads) {
  v1::Scenario driven = scenario;
  v1::Phases* phases = driven.mutable_phases();
  if (!loads) phases->clear_load();
  *phases->mutable_warm_up() = capacity.settle();
  *phases->mutable_measure() = IsLong(probe) ? capacity.confirm() : capacity.step();
  if (probe.purpose() == v1::PROBE_PURPOSE_SCALING) {
    driven.mutable_shape()->mutable_closed()->set_sessions(probe.sessions());
    driven.mutable_shape()->mutable_closed()->set_in_flight(1);
  } else {
    *driven.mutable_shape()->mutable_open()->mutable_rate() = RateOf(probe.offered_per_s());
  }
  return driven;
}

void DriveAsProbed(const v1::RunResult& run, const v1::Leg& leg, v1::Campaign* campaign) {
  if (!leg.has_probe()) return;
  for (v1::Scenario& scenario : *campaign->mutable_scenarios()) {
    if (scenario.name() != leg.scenario()) continue;
    scenario =
        ProbeScenario(run.campaign().capacity(), scenario, leg.probe(), Loads(run, leg, scenario));
  }
}

}  // namespace weir
