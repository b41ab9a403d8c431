#include "coordinator/capacity_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr char kOpen[] = "open: {rate: 500/s}";
constexpr char kReads[] = "operations: [{do: read}]";
constexpr char kObjective[] = "objective: {response_p99: 50ms}";

std::string Searching(const std::string& capacity = kObjective, const std::string& shape = kOpen,
                      const std::string& operations = kReads,
                      const std::string& phases = "measure: 1s") {
  return absl::StrCat(
      "name: c\ndataset: {records: 10, logs: }\ntargets: [{name: pg, postgres: {}}]\n"
      "scenarios: [{name: s, phases: {",
      phases, "}, shape: {", shape, "}, ", operations, "}]\ncapacity: {", capacity, "}\n");
}

TEST(CapacityChecks, AcceptAnOpenLoopAtOneRate) { EXPECT_EQ(Problems(Searching()), ""); }

TEST(CapacityChecks, NeedAnObjective) {
  EXPECT_THAT(Problems(Searching("step: 1s")), HasSubstr("objective"));
}

TEST(CapacityChecks, RefuseWhatHasNoRateToVary) {
  EXPECT_THAT(Problems(Searching(kObjective, "closed: {sessions: 4}")),
              HasSubstr("a search varies the rate, which a closed loop does not have"));
  EXPECT_THAT(Problems(Searching(kObjective, "open: {stages: [{to: 5/s, duration: 1s}]}")),
              HasSubstr("a search varies one rate"));
  EXPECT_THAT(Problems(Searching(kObjective, "open: {rate: 500/s, arrivals: burst, burst: {}}")),
              HasSubstr("arrivals: poisson or constant"));
}

TEST(CapacityChecks, RefuseAMixThatWritesAndIsNotRestored) {
  const std::string inserts = "operations: [{do: insert}]";
  EXPECT_THAT(Problems(Searching(kObjective, kOpen, inserts)),
              HasSubstr("restores the records before each probe of a mix that writes"));
  EXPECT_EQ(Problems(Searching(kObjective, kOpen, inserts, "load: , measure: 1s")), "");
}

TEST(CapacityChecks, RefuseAComparisonBesideIt) {
  EXPECT_THAT(Problems(absl::StrCat(Searching(), "compare: {metrics: [{metric: ok}]}\n")),
              HasSubstr("'capacity' and 'compare' are two campaigns"));
}

TEST(CapacityChecks, RefuseThresholds) {
  EXPECT_THAT(
      Problems(Searching(kObjective, kOpen,
                         absl::StrCat(kReads, ", thresholds: [{metric: ok, at_least: 1}]"))),
      HasSubstr("the capacity's objective says what must hold"));
}

TEST(CapacityChecks, RefuseAnUpperLimitBelowTheStart) {
  EXPECT_THAT(Problems(Searching(absl::StrCat(kObjective, ", most: 400/s"))),
              HasSubstr("most: is below the rate at which s starts, 500/s"));
}

TEST(CapacityChecks, RefuseAnUpperLimitAtWhichNothingCanBeTold) {
  EXPECT_THAT(Problems(Searching(absl::StrCat(kObjective, ", most: 500/s, step: 100ms"))),
              HasSubstr("too few operations to tell a p99; give a longer step"));
}

TEST(CapacityChecks, RefuseACurveOfTooFewRates) {
  EXPECT_THAT(Problems(Searching(absl::StrCat(kObjective, ", curve: 5"))),
              HasSubstr("curve: takes 8 rates or more"));
  EXPECT_EQ(Problems(Searching(absl::StrCat(kObjective, ", curve: 0"))), "");
}

TEST(CapacityChecks, RefuseSessionsOutOfOrder) {
  EXPECT_THAT(Problems(Searching(absl::StrCat(kObjective, ", sessions: [1, 4, 4]"))),
              HasSubstr("ascending"));
  EXPECT_THAT(Problems(Searching(absl::StrCat(kObjective, ", sessions: [0, 4]"))),
              HasSubstr("between 1 and"));
}

TEST(CapacityChecks, RefuseStepsWithoutLength) {
  EXPECT_THAT(Problems(Searching(absl::StrCat(kObjective, ", step: 0s"))),
              HasSubstr("step: must last longer than 0s"));
}

TEST(NullTarget, NeedsAServiceTimeForAQueue) {
  EXPECT_THAT(Problems("name: c\ndataset: {records: 1, logs: }\n"
                       "targets: [{name: n, null: {servers: 1}}]\n"
                       "scenarios: [{name: s, phases: {load: }}]\n"),
              HasSubstr("need a service_time"));
}

}  // namespace
}  // namespace weir
