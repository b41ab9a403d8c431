#include "tests/reports/sample_search.h"

#include <limits>
#include <string>

#include "measure/tally.h"
#include "tests/reports/sample_run.h"

namespace weir::test {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

v1::Leg* AddProbe(const std::string& target, v1::ProbePurpose purpose, v1::RunResult* run) {
  v1::Leg* leg = run->add_legs();
  leg->set_index(static_cast<uint32_t>(run->legs_size() - 1));
  leg->set_scenario("reads");
  leg->set_target(target);
  leg->set_open_loop(purpose != v1::PROBE_PURPOSE_SCALING);
  leg->add_operations()->set_name("read");
  leg->mutable_operations(0)->set_kind(v1::OPERATION_KIND_READ);
  leg->mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  leg->mutable_probe()->set_purpose(purpose);
  return leg;
}

// Ten seconds at a rate; the slower, the nearer the rate is to 1,000 a second.
void AddSearching(const std::string& target, uint32_t rate, bool passed, v1::RunResult* run) {
  v1::Leg* leg = AddProbe(target, v1::PROBE_PURPOSE_SEARCH, run);
  v1::Probe* probe = leg->mutable_probe();
  probe->set_offered_per_s(rate);
  probe->set_achieved_per_s(rate);
  probe->set_end(passed ? v1::PROBE_END_PASSED : v1::PROBE_END_MISSED);
  v1::GateResult* check = probe->add_checks();
  check->set_name("response_p99");
  check->set_passed(passed);
  check->set_limit("p99 ≤ 50 ms");
  check->set_saw(passed ? "fast enough" : kHostileMarkup);
  Tally tally;
  tally.counts().set_planned(10ull * rate);
  tally.counts().set_ok(10ull * rate);
  tally.counts().set_attempts(10ull * rate);
  for (uint32_t i = 0; i < 10 * rate; ++i) {
    tally.response.RecordTimes((1 + i % 100) * 1'000'000ull * 100 / (1'000 - rate), 1);
  }
  v1::PhaseResult* result = leg->add_results();
  result->set_phase(v1::PHASE_MEASURE);
  *result->mutable_total() = tally.ToProto();
}

void AddScaling(const std::string& target, uint32_t sessions, v1::RunResult* run) {
  v1::Probe* probe = AddProbe(target, v1::PROBE_PURPOSE_SCALING, run)->mutable_probe();
  probe->set_sessions(sessions);
  probe->set_achieved_per_s(1'100.0 * sessions / (1 + 0.9 * (sessions - 1)));
  probe->set_end(v1::PROBE_END_PASSED);
}

void AddFound(v1::RunResult* run) {
  v1::CapacityResult* found = run->add_capacities();
  found->set_scenario("reads");
  found->set_target("queue");
  found->set_finding(v1::CAPACITY_FINDING_CONFIRMED);
  found->set_low_per_s(900);
  found->set_high_per_s(950);
  found->set_objective("p99 ≤ 50 ms, errors ≤ 0.1 %");
  found->set_sentence("queue sustains 900–950 operations/s at p99 ≤ 50 ms (CONFIRMED)");
  v1::Scalability* law = found->mutable_scalability();
  law->set_fitted(true);
  law->set_gamma(1'100);
  law->set_alpha(0.9);
  law->set_alpha_low(0.85);
  law->set_alpha_high(0.95);
  law->set_peak_per_s(1'200);
  law->set_peak_sessions(16);
  law->set_peak_low(8);
  law->set_peak_high(std::numeric_limits<double>::infinity());
}

}  // namespace

v1::RunResult SampleSearch() {
  v1::RunResult run;
  run.set_id("20261121T021500Z-search-0001");
  run.set_state(v1::RUN_STATE_FINISHED);
  run.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  run.mutable_campaign()->set_name("search");
  run.mutable_campaign()->mutable_capacity();
  for (const char* target : {"queue", "slow"})
    run.mutable_campaign()->add_targets()->set_name(target);
  v1::Scenario* scenario = run.mutable_campaign()->add_scenarios();
  scenario->set_name("reads");
  scenario->mutable_phases()->mutable_measure()->set_ns(10 * kSecond);
  for (const uint32_t rate : {100u, 400u, 800u, 950u, 900u}) {
    AddSearching("queue", rate, rate <= 900, &run);
  }
  for (const uint32_t sessions : {1u, 2u, 4u, 8u, 16u}) AddScaling("queue", sessions, &run);
  AddFound(&run);
  v1::CapacityResult* none = run.add_capacities();
  none->set_scenario("reads");
  none->set_target("slow");
  none->set_finding(v1::CAPACITY_FINDING_NONE);
  none->set_objective("p99 ≤ 50 ms, errors ≤ 0.1 %");
  none->set_sentence("slow sustains no rate that was tried");
  return run;
}

}  // namespace weir::test
