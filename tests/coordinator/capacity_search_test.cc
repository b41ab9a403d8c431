#include "coordinator/capacity_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "base/random.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr double kMu = 1000;                       // served per second
constexpr double kP99s = 0.05;                     // the objective
const double kTrue = kMu - std::log(100) / kP99s;  // M/M/1: response is exponential, rate μ − λ

v1::Capacity Settings() {
  v1::Capacity capacity;
  capacity.mutable_objective()->mutable_response_p99()->set_ns(50'000'000);
  capacity.set_precision(0.02);
  capacity.mutable_settle()->set_ns(15'000'000'000);
  capacity.mutable_step()->set_ns(60'000'000'000);
  capacity.mutable_confirm()->set_ns(300'000'000'000);
  capacity.set_confirmations(3);
  return capacity;
}

bool IsLong(const v1::Probe& probe) {
  return probe.purpose() == v1::PROBE_PURPOSE_CONFIRM ||
         probe.purpose() == v1::PROBE_PURPOSE_REFUTE;
}

using Answer = std::function<v1::ProbeEnd(const v1::Probe&)>;

std::vector<v1::Probe> Probes(CapacitySearch& search, const Answer& answer) {
  std::vector<v1::Probe> probes;
  while (const auto probe = search.Next()) {
    probes.push_back(*probe);
    probes.back().set_end(answer(*probe));
    search.Saw(probes.back().end());
    if (probes.size() > 500) ADD_FAILURE() << "the search does not end";
    if (probes.size() > 500) break;
  }
  return probes;
}

v1::ProbeEnd Below(const v1::Probe& probe, double capacity) {
  return probe.offered_per_s() <= capacity ? v1::PROBE_END_PASSED : v1::PROBE_END_MISSED;
}

std::vector<double> RatesOf(const std::vector<v1::Probe>& probes, v1::ProbePurpose purpose) {
  std::vector<double> rates;
  for (const v1::Probe& probe : probes) {
    if (probe.purpose() == purpose) rates.push_back(probe.offered_per_s());
  }
  return rates;
}

TEST(CapacitySearch, DoublesUntilTheObjectiveIsMissedThenHalvesTheGap) {
  CapacitySearch search(Settings(), 100);
  const auto probes = Probes(search, [](const v1::Probe& p) { return Below(p, kTrue); });
  const auto rates = RatesOf(probes, v1::PROBE_PURPOSE_SEARCH);
  ASSERT_GT(rates.size(), 6u);
  EXPECT_THAT(std::vector<double>(rates.begin(), rates.begin() + 7),
              ElementsAre(100, 200, 400, 800, 1600, 1200, 1000));
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_CONFIRMED);
  EXPECT_LE(search.low_per_s(), kTrue);
  EXPECT_GT(search.high_per_s(), kTrue);
  EXPECT_LE(search.high_per_s(), 1.021 * search.low_per_s());
  EXPECT_NEAR(search.low_per_s() / kTrue, 1, 0.03);
}

TEST(CapacitySearch, ConfirmsAtTheRateAndAboveIt) {
  CapacitySearch search(Settings(), 100);
  const auto probes = Probes(search, [](const v1::Probe& p) { return Below(p, kTrue); });
  const double low = search.low_per_s();
  EXPECT_THAT(RatesOf(probes, v1::PROBE_PURPOSE_CONFIRM), ElementsAre(low, low, low));
  const auto above = RatesOf(probes, v1::PROBE_PURPOSE_REFUTE);
  ASSERT_THAT(above, SizeIs(2)) << "two misses of three are enough";
  EXPECT_NEAR(above[0] / low, 1.05, 0.001);
}

TEST(CapacitySearch, HalvesDownwardsWhenEvenTheStartMisses) {
  CapacitySearch search(Settings(), 20'000);
  Probes(search, [](const v1::Probe& p) { return Below(p, kTrue); });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_CONFIRMED);
  EXPECT_NEAR(search.low_per_s() / kTrue, 1, 0.03);
}

TEST(CapacitySearch, SaysSoWhenNothingPasses) {
  CapacitySearch search(Settings(), 1000);
  const auto probes = Probes(search, [](const v1::Probe&) { return v1::PROBE_END_MISSED; });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_NONE);
  EXPECT_EQ(search.low_per_s(), 0);
  EXPECT_LT(probes.size(), 15u);
  EXPECT_GE(probes.back().offered_per_s() * 60, 200) << "too few to tell a p99 from";
}

// At 5,000 operations/s a step of 60 s knows p99 to 9 % at this load, a confirming run to 4 %.
TEST(CapacitySearch, FindsTheCapacityOfANoisyQueueWithinThreePercent) {
  int confirmed = 0;
  double worst = 0;
  constexpr int kSearches = 200;
  for (uint64_t seed = 0; seed < kSearches; ++seed) {
    uint64_t draws = 0;
    const uint64_t key = DeriveKey(seed, "noise");
    const auto noisy = [&](const v1::Probe& probe) {
      if (probe.offered_per_s() >= kMu) return v1::PROBE_END_MISSED;
      double normal = 0;  // of variance 1, near enough
      for (int i = 0; i < 12; ++i) normal += Unit(Draw(key, draws++));
      normal -= 6;
      const double deviation = IsLong(probe) ? 0.04 : 0.09;
      const double p99 =
          std::log(100) / (kMu - probe.offered_per_s()) * std::exp(deviation * normal);
      return p99 <= kP99s ? v1::PROBE_END_PASSED : v1::PROBE_END_MISSED;
    };
    CapacitySearch search(Settings(), 100);
    Probes(search, noisy);
    if (search.finding() != v1::CAPACITY_FINDING_CONFIRMED) continue;
    ++confirmed;
    worst = std::max(worst, std::abs(search.low_per_s() / kTrue - 1));
    EXPECT_LT(search.low_per_s(), search.high_per_s());
  }
  EXPECT_GE(confirmed, kSearches * 9 / 10);
  EXPECT_LE(worst, 0.03);
}

TEST(CapacitySearch, StepsDownFromARateThatPassedByChance) {
  CapacitySearch search(Settings(), 100);
  const auto probes = Probes(search, [](const v1::Probe& p) {
    return Below(p, IsLong(p) ? 900 : 930);  // the short steps flatter
  });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_CONFIRMED);
  EXPECT_LE(search.low_per_s(), 900);
  EXPECT_GT(search.low_per_s(), 870);
  EXPECT_GT(search.high_per_s(), 900);
}

TEST(CapacitySearch, GoesOnAboveWhenTheRateAboveHolds) {
  CapacitySearch search(Settings(), 100);
  int probes = 0;
  const auto all = Probes(search, [&](const v1::Probe& p) {
    return ++probes == 2 ? v1::PROBE_END_MISSED : Below(p, kTrue);  // by chance, far below
  });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_CONFIRMED);
  EXPECT_NEAR(search.low_per_s() / kTrue, 1, 0.03);
  EXPECT_GT(search.high_per_s(), kTrue);
  EXPECT_LT(all.size(), 40u);
}

TEST(CapacitySearch, IsUnconfirmedWhenNoRateHolds) {
  CapacitySearch search(Settings(), 100);
  Probes(search,
         [](const v1::Probe& p) { return IsLong(p) ? v1::PROBE_END_MISSED : Below(p, kTrue); });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_UNCONFIRMED);
  EXPECT_GT(search.low_per_s(), 0);
  EXPECT_LT(search.low_per_s(), search.high_per_s());
}

TEST(CapacitySearch, RunsAProbeOnceMoreWhenAGateFails) {
  CapacitySearch search(Settings(), 100);
  int probes = 0;
  Probes(search, [&](const v1::Probe& p) {
    return ++probes == 3 ? v1::PROBE_END_GENERATOR_LIMITED : Below(p, kTrue);
  });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_CONFIRMED);
  EXPECT_NEAR(search.low_per_s() / kTrue, 1, 0.03);
}

TEST(CapacitySearch, SaysAtLeastWhenTheGeneratorComesToItsLimitFirst) {
  CapacitySearch search(Settings(), 100);
  const auto probes = Probes(search, [](const v1::Probe& p) {
    return p.offered_per_s() > 500 ? v1::PROBE_END_GENERATOR_LIMITED : Below(p, kTrue);
  });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_GENERATOR_LIMITED);
  EXPECT_GT(search.low_per_s(), 480);
  EXPECT_LE(search.low_per_s(), 500);
  EXPECT_EQ(search.high_per_s(), 0);
  EXPECT_THAT(search.reason(), HasSubstr("gate"));
  EXPECT_THAT(RatesOf(probes, v1::PROBE_PURPOSE_CONFIRM), SizeIs(3));
  EXPECT_THAT(RatesOf(probes, v1::PROBE_PURPOSE_REFUTE), SizeIs(0));
}

TEST(CapacitySearch, FindsTheObjectivesLimitBelowTheGenerators) {
  CapacitySearch search(Settings(), 100);
  Probes(search, [](const v1::Probe& p) {
    return p.offered_per_s() > 1500 ? v1::PROBE_END_GENERATOR_LIMITED : Below(p, kTrue);
  });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_CONFIRMED);
}

TEST(CapacitySearch, NeverOffersMoreThanAllowed) {
  v1::Capacity capacity = Settings();
  capacity.mutable_most()->set_operations(700);
  capacity.mutable_most()->set_per_ns(1'000'000'000);
  capacity.set_curve(8);
  CapacitySearch search(capacity, 100);
  const auto probes = Probes(search, [](const v1::Probe& p) { return Below(p, kTrue); });
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_LIMIT_REACHED);
  EXPECT_EQ(search.low_per_s(), 700);
  for (const v1::Probe& probe : probes) EXPECT_LE(probe.offered_per_s(), 700);
}

TEST(CapacitySearch, MeasuresTheCurveFromAFifthToAboveTheCapacity) {
  v1::Capacity capacity = Settings();
  capacity.set_curve(10);
  CapacitySearch search(capacity, 100);
  const auto probes = Probes(search, [](const v1::Probe& p) { return Below(p, kTrue); });
  const auto rates = RatesOf(probes, v1::PROBE_PURPOSE_CURVE);
  ASSERT_THAT(rates, SizeIs(10));
  EXPECT_NEAR(rates.front() / search.low_per_s(), 0.2, 0.001);
  EXPECT_NEAR(rates.back() / search.low_per_s(), 1.1, 0.001);
}

TEST(CapacitySearch, EndsWithTheClosedLoops) {
  v1::Capacity capacity = Settings();
  for (const uint32_t sessions : {1, 2, 4}) capacity.add_sessions(sessions);
  CapacitySearch search(capacity, 100);
  const auto probes = Probes(search, [](const v1::Probe& p) { return Below(p, kTrue); });
  ASSERT_GT(probes.size(), 3u);
  EXPECT_EQ(probes.back().purpose(), v1::PROBE_PURPOSE_SCALING);
  EXPECT_EQ(probes.back().sessions(), 4u);
  EXPECT_EQ(probes.back().offered_per_s(), 0);
}

TEST(CapacitySearch, KeepsWhatItKnowsWhenAProbeBreaksOff) {
  CapacitySearch search(Settings(), 100);
  int probes = 0;
  Probes(search, [&](const v1::Probe& p) {
    return ++probes == 6 ? v1::PROBE_END_FAILED : Below(p, kTrue);
  });
  EXPECT_EQ(probes, 6);
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_UNCONFIRMED);
  EXPECT_EQ(search.low_per_s(), 800);
  EXPECT_EQ(search.high_per_s(), 1600);
}

TEST(CapacitySearch, KeepsWhatItKnowsWhenTheRunEnds) {
  CapacitySearch search(Settings(), 100);
  search.Saw(v1::PROBE_END_PASSED);
  search.Stop();
  EXPECT_FALSE(search.Next());
  EXPECT_EQ(search.finding(), v1::CAPACITY_FINDING_UNCONFIRMED);
  EXPECT_EQ(search.low_per_s(), 100);
}

TEST(RoundRate, KeepsFourDigits) {
  EXPECT_DOUBLE_EQ(RoundRate(12'345.6), 12'350);
  EXPECT_DOUBLE_EQ(RoundRate(0.123456), 0.1235);
  EXPECT_DOUBLE_EQ(RoundRate(0), 0);
}

TEST(SearchLength, IsLongerWhereNothingHolds) {
  const SearchLength typical = TypicalLength(Settings(), 5);
  EXPECT_EQ(typical.probes, 6 + 6 + 6);
  EXPECT_EQ(typical.ns, (12 * 75 + 6 * 315) * int64_t{1'000'000'000});
  EXPECT_GT(LongestLength(Settings(), 5).ns, 2 * typical.ns);
}

}  // namespace
}  // namespace weir
