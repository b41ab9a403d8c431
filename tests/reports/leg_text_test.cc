#include "reports/leg_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

class ShapeTextTest : public ::testing::Test {
 protected:
  ShapeTextTest() {
    scenario_ = run_.mutable_campaign()->add_scenarios();
    scenario_->set_name("mixed");
    leg_.set_scenario("mixed");
    leg_.set_sessions(8);
  }

  static void SetRate(v1::Rate* rate, uint64_t operations) {
    rate->set_operations(operations);
    rate->set_per_ns(kSecond);
  }

  v1::RunResult run_;
  v1::Scenario* scenario_;
  v1::Leg leg_;
};

TEST_F(ShapeTextTest, NamesRateAndArrivals) {
  SetRate(scenario_->mutable_shape()->mutable_open()->mutable_rate(), 2000);
  EXPECT_EQ(ShapeText(run_, leg_), "open loop, 2,000 /s, Poisson arrivals, 8 sessions");
}

TEST_F(ShapeTextTest, NamesStepsAndRampsInOrder) {
  v1::OpenLoop* open = scenario_->mutable_shape()->mutable_open();
  open->set_arrivals(v1::ARRIVAL_PROCESS_CONSTANT);
  v1::RateStage* step = open->add_stages();
  SetRate(step->mutable_to(), 100);
  step->mutable_duration()->set_ns(10 * kSecond);
  v1::RateStage* ramp = open->add_stages();
  SetRate(ramp->mutable_from(), 100);
  SetRate(ramp->mutable_to(), 500);
  ramp->mutable_duration()->set_ns(90 * kSecond);
  EXPECT_EQ(ShapeText(run_, leg_),
            "open loop, 100 /s in 10.0 s, then 100 /s → 500 /s in 1 min 30 s, evenly spaced, "
            "8 sessions");
}

TEST_F(ShapeTextTest, NamesBursts) {
  v1::OpenLoop* open = scenario_->mutable_shape()->mutable_open();
  SetRate(open->mutable_rate(), 2000);
  open->set_arrivals(v1::ARRIVAL_PROCESS_BURST);
  open->mutable_burst()->set_factor(10);
  open->mutable_burst()->mutable_calm()->set_ns(10 * kSecond);
  open->mutable_burst()->mutable_burst()->set_ns(kSecond);
  EXPECT_EQ(ShapeText(run_, leg_),
            "open loop, 2,000 /s, Poisson arrivals, 10 times as many in bursts of 1.00 s after "
            "10.0 s on average, 8 sessions");
}

TEST_F(ShapeTextTest, NamesTheFileThatIsReplayed) {
  v1::OpenLoop* open = scenario_->mutable_shape()->mutable_open();
  open->set_arrivals(v1::ARRIVAL_PROCESS_REPLAY);
  open->mutable_replay()->set_path("arrivals.txt");
  open->mutable_replay()->set_speed_numerator(3);
  open->mutable_replay()->set_speed_denominator(2);
  EXPECT_EQ(ShapeText(run_, leg_),
            "open loop, replaying arrivals.txt at 3/2 of its speed, 8 sessions");
}

TEST_F(ShapeTextTest, NamesThinkTimeOfAClosedLoop) {
  scenario_->mutable_shape()->mutable_closed()->mutable_think_time()->set_ns(kSecond / 4);
  EXPECT_EQ(ShapeText(run_, leg_), "closed loop, think time 250 ms, 8 sessions");
}

TEST(CaveatText, WarnsOfClosedLoopsThatMeasured) {
  v1::Leg leg;
  EXPECT_EQ(CaveatText(leg), "") << "nothing was measured";
  leg.add_results()->set_phase(v1::PHASE_MEASURE);
  EXPECT_EQ(CaveatText(leg), "throughput only; tail omits queueing");
  leg.set_open_loop(true);
  EXPECT_EQ(CaveatText(leg), "");
}

TEST(VerificationText, TellsMissingFromAlteredRecords) {
  v1::Verification verification;
  EXPECT_EQ(VerificationText(verification), "not verified");
  verification.set_done(true);
  verification.set_records_expected(1000);
  verification.set_records_found(999);
  EXPECT_EQ(VerificationText(verification), "999 of 1,000 records found");
  verification.set_records_found(1000);
  verification.set_detail("digest differs");
  EXPECT_EQ(VerificationText(verification),
            "1,000 records found, but not as written: digest differs");
  verification.set_matches(true);
  EXPECT_EQ(VerificationText(verification), "all 1,000 records read back as written");
}

TEST(StateText, ARunThatNeverEndedSaysSo) {
  v1::RunResult run;
  run.set_started_unix_ns(5 * kSecond);
  EXPECT_EQ(StateText(run), "still running, or its process was killed");
  run.set_state(v1::RUN_STATE_FINISHED);
  run.set_finished_unix_ns(77 * kSecond);
  EXPECT_EQ(StateText(run), "finished after 1 min 12 s");
}

TEST(ThresholdText, WritesLimitsInTheMetricsUnit) {
  v1::Threshold threshold;
  threshold.set_metric("response_p99_us");
  threshold.set_at_most(20'000);
  EXPECT_EQ(ThresholdText(threshold), "response_p99_us ≤ 20.0 ms");
  threshold.set_at_least(100);
  EXPECT_EQ(ThresholdText(threshold), "response_p99_us ≥ 100 µs ≤ 20.0 ms");
}

}  // namespace
}  // namespace weir
