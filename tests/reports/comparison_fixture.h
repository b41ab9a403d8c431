// A made-up run of a campaign that compares: two targets, one scenario, one operation, and in every
// round as many successful operations a second as a test wants.
#pragma once

#include <functional>
#include <string>

#include "measure/tally.h"
#include "proto/results.pb.h"

namespace weir::test {

struct ComparedRun {
  uint32_t rounds = 10;
  // Of round 1 … rounds; `slow` is the second target.
  std::function<uint64_t(uint32_t round, bool slow)> ok_per_second;

  v1::RunResult Make() const {
    v1::RunResult run;
    v1::Campaign& campaign = *run.mutable_campaign();
    campaign.add_targets()->set_name("direct");
    campaign.add_targets()->set_name("slow");
    v1::Scenario* scenario = campaign.add_scenarios();
    scenario->set_name("reads");
    scenario->mutable_phases()->mutable_measure()->set_ns(kSeconds * 1'000'000'000LL);
    scenario->mutable_shape()->mutable_closed()->set_sessions(4);
    scenario->add_operations()->set_do_(v1::OPERATION_KIND_READ);
    campaign.mutable_compare()->set_rounds(rounds);
    campaign.mutable_compare()->set_threshold(0.03);
    campaign.mutable_compare()->set_margin(0.05);
    campaign.mutable_compare()->add_metrics()->set_metric("throughput_ops_per_s");
    for (uint32_t round = 1; round <= rounds; ++round) {
      for (const bool slow : {round % 2 == 0, round % 2 != 0}) AddLeg(round, slow, &run);
    }
    return run;
  }

  static constexpr uint64_t kSeconds = 10;

 private:
  void AddLeg(uint32_t round, bool slow, v1::RunResult* run) const {
    v1::Leg* leg = run->add_legs();
    leg->set_index(static_cast<uint32_t>(run->legs_size()) - 1);
    leg->set_scenario("reads");
    leg->set_target(slow ? "slow" : "direct");
    leg->set_round(round);
    leg->mutable_verdict()->set_validity(v1::VALIDITY_VALID);
    leg->add_operations()->set_name("read");
    v1::PhaseSpan* span = leg->add_spans();
    span->set_phase(v1::PHASE_MEASURE);
    span->set_duration_ns(kSeconds * 1'000'000'000LL);
    Tally tally;
    const uint64_t ok = ok_per_second(round, slow) * kSeconds;
    tally.counts().set_planned(ok);
    tally.counts().set_ok(ok);
    if (ok > 0) tally.response.RecordTimes(1'000'000, ok);
    v1::PhaseResult* result = leg->add_results();
    result->set_phase(v1::PHASE_MEASURE);
    *result->mutable_total() = tally.ToProto();
  }
};

// The second target does 10 % less, with a little noise in both.
inline ComparedRun TenPercentSlower() {
  return {.ok_per_second = [](uint32_t round, bool slow) {
    const uint64_t base = 10'000 + 37 * round;
    return slow ? base * 9 / 10 + 11 * (round % 4) : base;
  }};
}

}  // namespace weir::test
