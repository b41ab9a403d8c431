// A run of two agents and one scenario on two targets, told to a LiveRun by hand.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "coordinator/live/live_run.h"

namespace weir {

inline v1::RunResult LiveSample() {
  v1::RunResult run;
  run.set_id("20261121T021500Z-live-0001");
  run.set_version("0.1");
  run.mutable_campaign()->set_name("live");
  v1::Scenario* scenario = run.mutable_campaign()->add_scenarios();
  scenario->set_name("mixed");
  scenario->mutable_phases()->mutable_load();
  scenario->mutable_phases()->mutable_warm_up()->set_ns(2 * kNsPerSecond);
  scenario->mutable_phases()->mutable_measure()->set_ns(20 * kNsPerSecond);
  scenario->mutable_shape()->mutable_open()->set_sessions(4);
  for (const char* target : {"left", "right"}) {
    v1::Leg* leg = run.add_legs();
    leg->set_index(static_cast<uint32_t>(run.legs_size() - 1));
    leg->set_scenario("mixed");
    leg->set_target(target);
    leg->set_open_loop(true);
    leg->set_provisioned_ru(1000);
    leg->add_operations()->set_name("read");
    leg->mutable_operations(0)->set_kind(v1::OPERATION_KIND_READ);
    leg->add_operations()->set_name("errors");
    leg->mutable_operations(1)->set_kind(v1::OPERATION_KIND_QUERY);
  }
  for (uint32_t agent = 0; agent < 2; ++agent) {
    run.add_agents()->set_index(agent);
    run.mutable_agents(static_cast<int>(agent))->set_name("agent-" + std::to_string(agent));
  }
  return run;
}

inline Tally& TallyIn(MergedSecond& second, v1::Phase phase, uint32_t operation) {
  std::unique_ptr<Tally>& tally = second.tallies[TallyKey{phase, operation}];
  if (tally == nullptr) tally = std::make_unique<Tally>();
  return *tally;
}

// `reads` of them succeed in `response_ns`, `failed` fail; half by each agent.
inline MergedSecond SecondOf(uint32_t number, v1::Phase phase, uint64_t reads, uint64_t response_ns,
                             uint64_t failed = 0) {
  MergedSecond second;
  second.second = number;
  Tally& tally = TallyIn(second, phase, 0);
  tally.counts().set_planned(reads + failed);
  tally.counts().set_ok(reads);
  tally.counts().set_failed(failed);
  tally.counts().set_attempts(reads + failed);
  tally.counts().set_records(reads);
  tally.counts().set_bytes_sent(10 * reads);
  tally.counts().set_bytes_received(90 * reads);
  tally.counts().set_milli_ru(2'500 * reads);
  tally.response.RecordTimes(response_ns, reads);
  tally.dispatch_response.RecordTimes(response_ns, reads);
  tally.service.RecordTimes(response_ns, reads);
  tally.lag.RecordTimes(1'000, reads + failed);
  for (uint32_t agent = 0; agent < 2; ++agent) {
    second.by_agent[agent].set_ok(reads / 2);
    v1::ResourceSample sample;
    sample.set_agent(agent);
    sample.set_span_ns(kNsPerSecond);
    sample.set_process_cpu_ns(kNsPerSecond / 4);
    sample.set_busiest_worker_cpu_ns(agent == 0 ? kNsPerSecond / 10 : kNsPerSecond * 95 / 100);
    sample.set_busiest_core_ns(kNsPerSecond / 2);
    sample.set_most_watchdog_gap_ns(1'000'000);
    sample.set_cores(2);
    sample.set_clocksource("tsc");
    sample.set_resident_bytes(1 << 20);
    second.resources.push_back(sample);
  }
  return second;
}

}  // namespace weir
