#include "backends/cosmos/congestion_control.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/backends/cosmos/utilisation_model.h"

namespace weir::cosmos {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

ModelRun Points(int agents, double container_ru) {
  ModelRun run;
  run.container_ru = container_ru;
  for (int i = 0; i < agents; ++i) {
    run.agents.push_back({.sessions = 256, .share_told_ru = container_ru});
  }
  return run;
}

ModelRun Bulk(int agents, double container_ru) {
  ModelRun run = Points(agents, container_ru);
  for (ModelAgent& agent : run.agents) {
    agent.sessions = 16;
    agent.every_partition = true;
    agent.records = 100;
    agent.record_ru = 10;
  }
  return run;
}

// The goal: nearly all that is provisioned, and few refusals.
void ExpectWellUsed(const char* what, const ModelRun& run) {
  const ModelFigures figures = Simulate(run);
  std::printf("%-44s %6.2f %% used, %5.2f %% of %lu requests throttled; by agent:", what,
              100 * figures.utilisation, 100 * figures.throttled_share,
              static_cast<unsigned long>(figures.requests));
  for (const double ru : figures.granted_ru) std::printf(" %.0f", ru);
  std::printf(" RU/s\n");
  EXPECT_GE(figures.utilisation, 0.95) << what;
  EXPECT_LT(figures.throttled_share, 0.05) << what;
  EXPECT_EQ(figures.before_retry_after, 0u) << what;
}

TEST(Utilisation, IsNearlyCompleteForEvenKeys) {
  for (const int agents : {1, 2, 3, 8}) {
    for (const double ru : {8'000.0, 24'000.0}) {
      const std::string tail = std::to_string(agents) + " agents, " + std::to_string(int(ru));
      ExpectWellUsed(("points, " + tail).c_str(), Points(agents, ru));
      ExpectWellUsed(("bulk, " + tail).c_str(), Bulk(agents, ru));
    }
  }
}

TEST(Utilisation, ComesAboutWhenNothingIsKnownOfTheContainer) {
  for (ModelRun run : {Points(2, 24'000), Bulk(2, 24'000)}) {
    for (ModelAgent& agent : run.agents) agent.share_told_ru = 0;
    run.counted_from_ns = 15 * kSecond;
    ExpectWellUsed("told nothing", run);
  }
}

TEST(Utilisation, IsSharedFairly) {
  ModelRun run = Points(3, 20'000);
  run.agents[1].starts_ns = 20 * kSecond;
  run.agents[2].starts_ns = 40 * kSecond;
  run.counted_from_ns = 200 * kSecond;
  run.length_ns = 260 * kSecond;
  ExpectWellUsed("one after the other", run);
  const ModelFigures figures = Simulate(run);
  const auto [least, most] =
      std::minmax_element(figures.granted_ru.begin(), figures.granted_ru.end());
  EXPECT_LT(*most / *least, 1.5);
}

TEST(Utilisation, FollowsAChangeOfThroughput) {
  ModelRun up = Points(2, 8'000);
  up.later_container_ru = 20'000;
  up.length_ns = 120 * kSecond;
  up.counted_from_ns = 90 * kSecond;
  ExpectWellUsed("raised 30 s before", up);
  ModelRun down = Bulk(2, 20'000);
  down.later_container_ru = 8'000;
  down.length_ns = 60 * kSecond;
  down.counted_from_ns = 40 * kSecond;
  ExpectWellUsed("lowered 10 s before", down);
}

TEST(Utilisation, SurvivesSlowAnswers) {
  for (ModelRun run : {Points(2, 8'000), Bulk(2, 8'000)}) {
    run.latency_ns = 60'000'000;
    ExpectWellUsed("60 ms", run);
  }
}

TEST(Utilisation, OfSkewedKeysIsWhatTheHotPartitionAllows) {
  ModelRun run = Points(1, 8'000);
  run.weights = {5, 1, 1, 1};
  const ModelFigures figures = Simulate(run);
  // The hot one takes its quarter; the others as much of theirs as goes with it.
  EXPECT_GT(figures.utilisation, 0.95 * 0.25 * 8 / 5);
  EXPECT_LT(figures.throttled_share, 0.05);
}

// Half of what is provisioned, arriving at random: the control must not be felt.
TEST(Utilisation, HoldsNobodyBackFarBelowTheLimit) {
  ModelRun run = Points(1, 8'000);
  run.agents[0].offered_per_s = 500;
  const ModelFigures figures = Simulate(run);
  EXPECT_NEAR(figures.granted_ru[0], 3500, 175);
  EXPECT_EQ(figures.throttled_share, 0);
}

// ---------------------------------------------------------------------------------- one pace

TEST(PartitionPace, AdmitsItsShareOncePerSecond) {
  PartitionPace pace(1'000'000, 1);
  int64_t later_ns = 0;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(pace.Ask(1, 100'000, false, kSecond, &later_ns).records, 1u);
  }
  EXPECT_EQ(pace.Ask(1, 100'000, false, kSecond, &later_ns).records, 0u);
  EXPECT_EQ(later_ns, 2 * kSecond);
}

TEST(PartitionPace, SendsNothingBeforeTheTimeTheServerNames) {
  PartitionPace pace(1'000'000, 1);
  int64_t later_ns = 0;
  const Permit permit = pace.Ask(1, 7'000, false, kSecond, &later_ns);
  pace.Refused(permit, 700'000'000, kSecond + 10'000'000);
  EXPECT_EQ(pace.Ask(1, 7'000, false, kSecond + 20'000'000, &later_ns).records, 0u);
  EXPECT_EQ(later_ns, kSecond + 710'000'000);
  // And a little later than that, each agent in its own way.
  while (pace.Ask(1, 7'000, false, later_ns, &later_ns).records == 0) {
  }
  EXPECT_LT(later_ns, kSecond + 720'000'000);
}

TEST(PartitionPace, CutsWhatCanBeDivided) {
  PartitionPace pace(1'000'000, 1);
  int64_t later_ns = 0;
  EXPECT_EQ(pace.Ask(100, 10'000, true, kSecond, &later_ns).records, 10u);
  EXPECT_EQ(pace.Ask(100, 10'000, false, kSecond, &later_ns).records, 100u);
}

TEST(PartitionPace, OwesWhatARequestCostBeyondTheWindow) {
  PartitionPace pace(1'000'000, 1);
  int64_t later_ns = 0;
  const Permit permit = pace.Ask(1, 10'000, false, kSecond, &later_ns);
  pace.Answered(permit, 2'500'000, kSecond + 1);
  EXPECT_EQ(pace.Ask(1, 10'000, false, kSecond + 2, &later_ns).records, 0u);
  EXPECT_EQ(pace.Ask(1, 10'000, false, 2 * kSecond, &later_ns).records, 0u);
  EXPECT_GT(pace.Ask(1, 10'000, false, 3 * kSecond + 500'000'000, &later_ns).records, 0u);
}

}  // namespace
}  // namespace weir::cosmos
