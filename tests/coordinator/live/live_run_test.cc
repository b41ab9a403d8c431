#include "coordinator/live/live_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/coordinator/live/live_rehearsal.h"

namespace weir {
namespace {

using testing::DoubleNear;
using testing::Optional;

class LiveRunTest : public testing::Test {
 protected:
  LiveRunTest() { live_.RunChanged(run_); }

  void Begin(int leg, v1::Phase stage, uint64_t planned = 10'000) {
    live_.StageBegins(run_.legs(leg), stage, planned);
  }
  const LivePoint& Second(int leg, const MergedSecond& second) {
    now_ns_ += kNsPerSecond;
    return live_.Second(run_.legs(leg), second, now_ns_);
  }

  v1::RunResult run_ = LiveSample();
  LiveRun live_{200};
  int64_t now_ns_ = 0;
};

TEST_F(LiveRunTest, AddsUpWhatEndedInASecondOverOperationsAndAgents) {
  Begin(0, v1::PHASE_MEASURE);
  MergedSecond second = SecondOf(0, v1::PHASE_MEASURE, 1000, 2'000'000);
  TallyIn(second, v1::PHASE_MEASURE, 1).counts().set_ok(7);
  const LivePoint& point = Second(0, second);
  EXPECT_EQ(point.counts.ok(), 1007u);
  EXPECT_EQ(point.provisioned_ru, 1000u);
  ASSERT_EQ(point.agents.size(), 2u);
  EXPECT_EQ(point.agents[1].succeeded, 500u);
  EXPECT_DOUBLE_EQ(point.agents[1].cpu_cores, 0.25);
  EXPECT_DOUBLE_EQ(point.agents[1].busiest_worker, 0.95);
  EXPECT_EQ(point.response.seconds, 1u);
  EXPECT_THAT(point.response.p99_ns, Optional(DoubleNear(2e6, 4e3)));
}

TEST_F(LiveRunTest, TakesPercentilesOfMergedHistogramsOfTheLastTenSeconds) {
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_MEASURE, 100, 50'000'000));
  for (uint32_t s = 1; s < 10; ++s) Second(0, SecondOf(s, v1::PHASE_MEASURE, 100, 1'000'000));
  // One in ten took 50 ms: the 90th percentile is still fast, the 99th is not.
  EXPECT_THAT(live_.Recent().p90_ns, Optional(DoubleNear(1e6, 2e3)));
  EXPECT_THAT(live_.Recent().p99_ns, Optional(DoubleNear(50e6, 1e5)));
  Second(0, SecondOf(10, v1::PHASE_MEASURE, 100, 1'000'000));
  EXPECT_THAT(live_.Recent().p99_ns, Optional(DoubleNear(1e6, 2e3)));
}

TEST_F(LiveRunTest, CountsAnOperationWithoutSuccessAsInfinitelySlow) {
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_MEASURE, 980, 1'000'000, 20));
  EXPECT_TRUE(std::isinf(live_.Recent().p99_ns.value()));
  EXPECT_THAT(live_.Recent().p90_ns, Optional(DoubleNear(1e6, 2e3)));
}

TEST_F(LiveRunTest, SaysNothingOfAPercentileBeyondWhichNothingLies) {
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_MEASURE, 50, 1'000'000));
  EXPECT_TRUE(live_.Recent().p90_ns.has_value());
  EXPECT_FALSE(live_.Recent().p99_ns.has_value());
}

TEST_F(LiveRunTest, SetsBytesOnTheWireAgainstJsonOnlyWhereWholeRecordsAreCarried) {
  Begin(0, v1::PHASE_MEASURE);
  MergedSecond second = SecondOf(0, v1::PHASE_MEASURE, 100, 1'000'000);
  Tally& query = TallyIn(second, v1::PHASE_MEASURE, 1);
  query.counts().set_records(50);
  query.counts().set_bytes_received(1'000'000);
  const LivePoint& point = Second(0, second);
  EXPECT_EQ(point.record_wire_bytes, 100u * 100);
  EXPECT_EQ(point.record_json_bytes, 100u * 200);
  EXPECT_EQ(point.counts.bytes_received(), 1'009'000u);
}

TEST_F(LiveRunTest, KeepsWarmUpApartFromMeasureAndTheRoundsOfATargetTogether) {
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_WARM_UP, 100, 1'000'000));
  Second(0, SecondOf(1, v1::PHASE_MEASURE, 40, 1'000'000));
  EXPECT_EQ(live_.operations().at(0)->counts().ok(), 40u);
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_MEASURE, 2, 1'000'000));
  EXPECT_EQ(live_.operations().at(0)->counts().ok(), 2u);
  EXPECT_EQ(live_.series().at({"mixed", "left", v1::PHASE_WARM_UP, "read"})->counts().ok(), 100u);
  EXPECT_EQ(live_.series().at({"mixed", "left", v1::PHASE_MEASURE, "read"})->counts().ok(), 42u);
}

TEST_F(LiveRunTest, KeepsThePhaseThroughASecondInWhichNothingEnds) {
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_MEASURE, 40, 1'000'000));
  MergedSecond stalled;
  stalled.second = 1;
  EXPECT_EQ(Second(0, stalled).phase, v1::PHASE_MEASURE);
  Second(0, SecondOf(2, v1::PHASE_WARM_UP, 1, 1'000'000));  // a straggler
  EXPECT_EQ(live_.phase(), v1::PHASE_MEASURE);
  EXPECT_EQ(live_.operations().at(0)->counts().ok(), 40u);
  EXPECT_EQ(live_.counts().ok(), 41u);
}

TEST_F(LiveRunTest, NamesNoPhaseBeforeTheFirstSecondOfAStage) {
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_MEASURE, 40, 1'000'000));
  Begin(1, v1::PHASE_MEASURE);
  EXPECT_EQ(live_.phase(), v1::PHASE_UNSPECIFIED);
}

TEST_F(LiveRunTest, HasNothingLeftWhenTheRunIsInterrupted) {
  live_.StepBegins(0, v1::TASK_DRIVE);
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_MEASURE, 40, 1'000'000));
  run_.set_state(v1::RUN_STATE_INTERRUPTED);
  live_.RunChanged(run_);
  EXPECT_FALSE(live_.progress().running());
  EXPECT_EQ(live_.RunLeft().ns, 0);
}

TEST_F(LiveRunTest, KnowsHowLongADriveStillTakesAndEstimatesALoad) {
  live_.StepBegins(0, v1::TASK_LOAD);
  Begin(0, v1::PHASE_LOAD, 1000);
  Second(0, SecondOf(0, v1::PHASE_LOAD, 250, 1'000'000));
  EXPECT_EQ(live_.progress().OfStage().ns, 3 * kNsPerSecond);
  EXPECT_DOUBLE_EQ(live_.progress().Share(), 0.25);
  // The drive after it, and the other leg, of whose load nothing is known yet.
  EXPECT_EQ(live_.RunLeft().ns, (3 + 22 + 22) * kNsPerSecond);
  EXPECT_TRUE(live_.RunLeft().at_least);
  live_.StepBegins(0, v1::TASK_DRIVE);
  Begin(0, v1::PHASE_MEASURE, 4000);
  Second(0, SecondOf(0, v1::PHASE_WARM_UP, 250, 1'000'000));
  EXPECT_EQ(live_.progress().OfStage().ns, 21 * kNsPerSecond);
  EXPECT_EQ(live_.RunLeft().ns, (21 + 22) * kNsPerSecond);
}

TEST_F(LiveRunTest, KnowsHowLongALoadTakesOnceATargetWasLoaded) {
  live_.StepBegins(1, v1::TASK_LOAD);
  Begin(1, v1::PHASE_LOAD, 1000);
  for (uint32_t s = 0; s < 4; ++s) Second(1, SecondOf(s, v1::PHASE_LOAD, 250, 1'000'000));
  live_.StepBegins(1, v1::TASK_VERIFY);
  EXPECT_EQ(live_.progress().LengthOf(live_.campaign(), "mixed", "right", false).ns,
            (22 + 4) * kNsPerSecond);
  EXPECT_FALSE(live_.progress().LengthOf(live_.campaign(), "mixed", "right", false).at_least);
  EXPECT_TRUE(live_.progress().LengthOf(live_.campaign(), "mixed", "left", false).at_least);
  EXPECT_EQ(live_.Activity(), "reading back mixed on right");
}

TEST_F(LiveRunTest, ExpectsACanaryBeforeALegThatMeasuresButNoneBeforeOneThatOnlyLoads) {
  v1::Campaign campaign = run_.campaign();
  campaign.mutable_compare()->mutable_canary()->set_ns(5 * kNsPerSecond);
  EXPECT_EQ(live_.progress().LengthOf(campaign, "mixed", "left", false).ns, 27 * kNsPerSecond);
  campaign.mutable_scenarios(0)->mutable_phases()->clear_warm_up();
  campaign.mutable_scenarios(0)->mutable_phases()->clear_measure();
  EXPECT_EQ(live_.progress().LengthOf(campaign, "mixed", "left", false).ns, 0);
}

TEST_F(LiveRunTest, TakesALegThatProbesForAsLongAsItsProbe) {
  v1::Capacity* capacity = run_.mutable_campaign()->mutable_capacity();
  capacity->mutable_settle()->set_ns(3 * kNsPerSecond);
  capacity->mutable_step()->set_ns(7 * kNsPerSecond);
  run_.mutable_legs()->RemoveLast();
  v1::Probe* probe = run_.mutable_legs(0)->mutable_probe();
  probe->set_purpose(v1::PROBE_PURPOSE_SEARCH);
  probe->set_offered_per_s(400);
  LiveRun live;
  live.RunChanged(run_);
  live.StepBegins(0, v1::TASK_DRIVE);
  live.StageBegins(run_.legs(0), v1::PHASE_MEASURE, 4000);
  live.Second(run_.legs(0), SecondOf(0, v1::PHASE_WARM_UP, 400, 1'000'000), 0);
  EXPECT_EQ(live.progress().OfStage().ns, 9 * kNsPerSecond);
  EXPECT_TRUE(live.RunLeft().at_least);
  EXPECT_DOUBLE_EQ(live.legs()[0].probe_per_s, 400);
}

TEST_F(LiveRunTest, ShowsGatesAsTheyStandFromTheMeasurePhaseOn) {
  live_.StepBegins(0, v1::TASK_DRIVE);
  Begin(0, v1::PHASE_MEASURE);
  Second(0, SecondOf(0, v1::PHASE_WARM_UP, 1000, 1'000'000));
  Second(0, SecondOf(1, v1::PHASE_WARM_UP, 1000, 1'000'000));
  EXPECT_FALSE(live_.gates_count());
  for (uint32_t s = 2; s < 10; ++s) Second(0, SecondOf(s, v1::PHASE_MEASURE, 1000, 1'000'000));
  EXPECT_TRUE(live_.gates_count());
  std::map<std::string, bool> passed;
  for (const v1::GateResult& gate : live_.gates()) passed[gate.name()] = gate.passed();
  EXPECT_TRUE(passed.at("dispatched"));
  EXPECT_TRUE(passed.at("core_cpu"));
  EXPECT_FALSE(passed.at("worker_cpu"));  // agent-1 is at 95 %
  EXPECT_EQ(passed.count("agreement"), 0u);
  EXPECT_EQ(passed.count("lost_reports"), 0u);
}

TEST_F(LiveRunTest, DoesNotTakeWhatIsStillUnderWayForMissed) {
  Begin(0, v1::PHASE_MEASURE);
  for (uint32_t s = 2; s < 10; ++s) {
    MergedSecond second = SecondOf(s, v1::PHASE_MEASURE, 1000, 1'000'000);
    TallyIn(second, v1::PHASE_MEASURE, 0).counts().set_planned(1100);
    Second(0, second);
  }
  EXPECT_EQ(live_.gates()[0].name(), "dispatched");
  EXPECT_TRUE(live_.gates()[0].passed()) << live_.gates()[0].saw();
  Begin(0, v1::PHASE_MEASURE);
  for (uint32_t s = 2; s < 10; ++s) {
    MergedSecond second = SecondOf(s, v1::PHASE_MEASURE, 1000, 1'000'000);
    TallyIn(second, v1::PHASE_MEASURE, 0).counts().set_planned(1100);
    TallyIn(second, v1::PHASE_MEASURE, 0).counts().set_unsent(100);
    Second(0, second);
  }
  EXPECT_FALSE(live_.gates()[0].passed());
}

TEST_F(LiveRunTest, FollowsTheThroughputThatIsProvisioned) {
  Begin(0, v1::PHASE_MEASURE);
  live_.ThroughputChanged(2000);
  EXPECT_EQ(Second(0, SecondOf(0, v1::PHASE_MEASURE, 1, 1)).provisioned_ru, 2000u);
  Begin(1, v1::PHASE_MEASURE);
  EXPECT_EQ(Second(1, SecondOf(0, v1::PHASE_MEASURE, 1, 1)).provisioned_ru, 1000u);
}

TEST_F(LiveRunTest, PutsSecondsThatComeTogetherASecondApart) {
  Begin(0, v1::PHASE_MEASURE);
  const int64_t first_ns =
      live_.Second(run_.legs(0), SecondOf(0, v1::PHASE_MEASURE, 1, 1), 9).at_ns;
  const int64_t next_ns = live_.Second(run_.legs(0), SecondOf(1, v1::PHASE_MEASURE, 1, 1), 9).at_ns;
  EXPECT_EQ(next_ns - first_ns, kNsPerSecond);
}

TEST_F(LiveRunTest, TakesNoCpuFromTheLastMomentsOfAStage) {
  Begin(0, v1::PHASE_MEASURE);
  MergedSecond second = SecondOf(0, v1::PHASE_MEASURE, 1, 1);
  second.resources[1].set_span_ns(1'000'000);
  second.resources[1].set_process_cpu_ns(1'000'000);
  const LivePoint& point = Second(0, second);
  EXPECT_DOUBLE_EQ(point.agents[0].cpu_cores, 0.25);
  EXPECT_LT(point.agents[1].cpu_cores, 0);
}

TEST_F(LiveRunTest, KnowsWhichLegsAreOverAndHow) {
  live_.StepBegins(0, v1::TASK_DRIVE);
  EXPECT_TRUE(live_.legs()[0].begun);
  EXPECT_FALSE(live_.legs()[1].begun);
  run_.mutable_legs(0)->mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  live_.RunChanged(run_);
  EXPECT_TRUE(live_.legs()[0].over);
  EXPECT_EQ(live_.RunLeft().ns, 22 * kNsPerSecond);
}

}  // namespace
}  // namespace weir
