#include "coordinator/probe_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "coordinator/backlog_watch.h"
#include "coordinator/leg_verdict.h"
#include "measure/tally.h"

namespace weir {
namespace {

using testing::HasSubstr;

v1::Objective TheObjective() {
  v1::Objective objective;
  objective.mutable_response_p99()->set_ns(50 * kNsPerMs);
  objective.set_errors(0.001);
  objective.set_throttled(0.01);
  objective.set_backlog(0.001);
  return objective;
}

// A minute at 1,000 operations a second that all took 10 ms, but for `slow` of them.
v1::Leg LegWith(uint64_t slow, uint64_t failed = 0, uint64_t throttled_attempts = 0) {
  Tally tally;
  tally.counts().set_planned(60'000);
  tally.counts().set_ok(60'000 - failed);
  tally.counts().set_failed(failed);
  tally.counts().set_attempts(60'000 + throttled_attempts);
  tally.counts().set_throttled_attempts(throttled_attempts);
  tally.response.RecordTimes(10 * kNsPerMs, 60'000 - slow - failed);
  tally.response.RecordTimes(100 * kNsPerMs, slow);
  v1::Leg leg;
  v1::PhaseResult* result = leg.add_results();
  result->set_phase(v1::PHASE_MEASURE);
  *result->mutable_total() = tally.ToProto();
  v1::PhaseSpan* span = leg.add_spans();
  span->set_phase(v1::PHASE_MEASURE);
  span->set_duration_ns(60 * kNsPerSecond);
  leg.mutable_probe()->set_purpose(v1::PROBE_PURPOSE_SEARCH);
  leg.mutable_probe()->set_offered_per_s(1000);
  leg.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
  return leg;
}

void FailGate(const char* name, v1::Leg* leg) {
  leg->add_gates()->set_name(name);
  leg->mutable_verdict()->set_validity(v1::VALIDITY_INVALID);
}

v1::ProbeEnd EndOf(v1::Leg leg, const Slope& backlog = {}) {
  JudgeProbe(TheObjective(), backlog, &leg);
  return leg.probe().end();
}

constexpr Slope kGrowth = {.median = 5, .low = 4, .high = 6};

TEST(ProbeJudge, PassesWhatKeepsToTheWholeObjective) {
  v1::Leg leg = LegWith(600);
  JudgeProbe(TheObjective(), {}, &leg);
  EXPECT_EQ(leg.probe().end(), v1::PROBE_END_PASSED);
  EXPECT_DOUBLE_EQ(leg.probe().achieved_per_s(), 1000);
  EXPECT_EQ(leg.probe().checks_size(), 4);
}

TEST(ProbeJudge, MissesEachPartOfTheObjectiveByItself) {
  EXPECT_EQ(EndOf(LegWith(601)), v1::PROBE_END_MISSED) << "p99";
  EXPECT_EQ(EndOf(LegWith(0, 61)), v1::PROBE_END_MISSED) << "errors";
  EXPECT_EQ(EndOf(LegWith(0, 0, 700)), v1::PROBE_END_MISSED) << "throttled";
  EXPECT_EQ(EndOf(LegWith(0), kGrowth), v1::PROBE_END_MISSED) << "backlog";
}

TEST(ProbeJudge, TakesAGrowthThatMayBeNoiseForNone) {
  EXPECT_EQ(EndOf(LegWith(0), {.median = 5, .low = -1, .high = 11}), v1::PROBE_END_PASSED);
  EXPECT_EQ(EndOf(LegWith(0), {.median = 0.9, .low = 0.8, .high = 1}), v1::PROBE_END_PASSED);
}

TEST(ProbeJudge, SaysNothingOfTheTargetWhenAGateFails) {
  v1::Leg leg = LegWith(0);
  FailGate("core_cpu", &leg);
  EXPECT_EQ(EndOf(leg), v1::PROBE_END_GENERATOR_LIMITED);
  v1::Leg slow = LegWith(60'000);
  FailGate("core_cpu", &slow);
  EXPECT_EQ(EndOf(slow), v1::PROBE_END_GENERATOR_LIMITED);
}

TEST(ProbeJudge, GoesByTheObjectiveWhereTheUserOverridesTheGates) {
  v1::Leg leg = LegWith(0);
  FailGate("core_cpu", &leg);
  leg.mutable_verdict()->set_validity(v1::VALIDITY_UNVERIFIED);
  leg.mutable_verdict()->add_overridden("core_cpu");
  EXPECT_EQ(EndOf(leg), v1::PROBE_END_PASSED);
}

// Each agent's queue goes its own way then.
TEST(ProbeJudge, ExcusesAgentsThatDisagreeWhileTheBacklogGrows) {
  v1::Leg leg = LegWith(60'000);
  FailGate("agreement", &leg);
  EXPECT_EQ(EndOf(leg), v1::PROBE_END_GENERATOR_LIMITED);
  EXPECT_EQ(EndOf(leg, kGrowth), v1::PROBE_END_MISSED);
}

TEST(ProbeJudge, SaysThatALegBrokeOff) {
  v1::Leg failed = LegWith(0);
  failed.set_failure("preparing to drive: no");
  EXPECT_EQ(EndOf(failed), v1::PROBE_END_FAILED);
  v1::Leg broken = LegWith(0);
  AddReason(v1::VALIDITY_INVALID, "planned 60,000 operations, accounted for 1",
            broken.mutable_verdict());
  EXPECT_EQ(EndOf(broken), v1::PROBE_END_FAILED);
}

TEST(ProbeJudge, AsksNoResponseTimeOfAClosedLoop) {
  v1::Leg leg = LegWith(60'000);
  leg.mutable_probe()->set_purpose(v1::PROBE_PURPOSE_SCALING);
  EXPECT_EQ(EndOf(leg), v1::PROBE_END_PASSED);
}

TEST(ProbeJudge, DoesNotPassWhatTooFewOperationsTell) {
  Tally tally;
  tally.counts().set_planned(50);
  tally.counts().set_ok(50);
  tally.response.RecordTimes(kNsPerMs, 50);
  v1::Leg leg = LegWith(0);
  *leg.mutable_results(0)->mutable_total() = tally.ToProto();
  leg.mutable_probe()->set_offered_per_s(1);
  JudgeProbe(TheObjective(), {}, &leg);
  EXPECT_EQ(leg.probe().end(), v1::PROBE_END_MISSED);
  EXPECT_THAT(leg.probe().checks(0).saw(), HasSubstr("too few operations"));
}

TEST(ObjectiveText, SaysTheResponseTimesOrAll) {
  EXPECT_EQ(ObjectiveText(TheObjective(), false), "p99 ≤ 50 ms");
  EXPECT_THAT(ObjectiveText(TheObjective(), true), HasSubstr("errors ≤ 0.1 %"));
}

// ------------------------------------------------------------------------------------- backlog

MergedSecond SecondWith(uint32_t number, uint64_t planned, uint64_t ok) {
  MergedSecond second;
  second.second = number;
  auto tally = std::make_unique<Tally>();
  tally->counts().set_planned(planned);
  tally->counts().set_ok(ok);
  second.tallies[{v1::PHASE_MEASURE, 0, 0}] = std::move(tally);
  return second;
}

TEST(BacklogWatch, SeesAQueueThatGrows) {
  BacklogWatch watch;
  for (uint32_t i = 0; i < 20; ++i) watch.Add(SecondWith(i, 100, 97));
  EXPECT_DOUBLE_EQ(watch.Growth(0, 20).median, 3);
  EXPECT_GT(watch.Growth(0, 20).low, 0);
}

TEST(BacklogWatch, SeesNoGrowthInAQueueThatOnlyWaits) {
  BacklogWatch watch;
  watch.Add(SecondWith(0, 100, 50));
  for (uint32_t i = 1; i < 20; ++i) watch.Add(SecondWith(i, 100, 100));
  EXPECT_DOUBLE_EQ(watch.Growth(1, 20).median, 0);
}

TEST(BacklogWatch, CountsASecondWithoutNewsAndThinsLongSeriesOut) {
  BacklogWatch watch;
  for (uint32_t i = 0; i < 2400; i += 2) watch.Add(SecondWith(i, 10, 0));
  EXPECT_NEAR(watch.Growth(0, 2400).median, 5, 0.1);
}

TEST(BacklogWatch, LooksAtTheSecondsThatItIsAskedFor) {
  BacklogWatch watch;
  for (uint32_t i = 0; i < 10; ++i) watch.Add(SecondWith(i, 100, 0));
  for (uint32_t i = 10; i < 30; ++i) watch.Add(SecondWith(i, 100, 100));
  EXPECT_DOUBLE_EQ(watch.Growth(10, 30).median, 0);
  EXPECT_DOUBLE_EQ(watch.Growth(0, 10).median, 100);
  EXPECT_DOUBLE_EQ(watch.Growth(50, 60).median, 0);
}

}  // namespace
}  // namespace weir
