#include "agent/canary_scenario.h"

namespace weir {
namespace {

// As many as keep the workers of a large machine busy; the same on all, for one plan.
constexpr uint32_t kSessionsPerAgent = 64;

}  // namespace

v1::Scenario CanaryScenario(const v1::Scenario& scenario, uint32_t agents, int64_t length_ns) {
  v1::Scenario canary = scenario;
  canary.mutable_phases()->clear_load();
  canary.mutable_phases()->clear_warm_up();
  canary.mutable_phases()->mutable_measure()->set_ns(length_ns);
  canary.mutable_shape()->mutable_closed()->set_sessions(kSessionsPerAgent * agents);
  return canary;
}

}  // namespace weir
