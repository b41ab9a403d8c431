// Synthetic measure phases whose truth is known, and how often the judge is wrong about them.
#include "measure/steadiness.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "measure/mser.h"
#include "tests/measure/synthetic_series.h"

namespace weir {
namespace {

// A phase as an open loop at 1000/s on a healthy database shows it: noise per second is that of
// counting (throughput) and of the order statistics (response times).
struct Noise {
  double throughput = 0.03;
  double p50 = 0.02;
  double p99 = 0.15;
  double phi = 0;  // correlation of neighbouring seconds
};

std::vector<SecondSeries> Phase(size_t seconds, uint64_t seed, const Noise& noise = {}) {
  const auto series = [&](const char* name, double level, double deviation, uint64_t salt) {
    return SecondSeries{
        .name = name,
        .words = name,
        .values = NoisySeries(seconds, level, deviation, 10 * seed + salt, noise.phi)};
  };
  return {series("throughput", 1000, noise.throughput, 1),
          series("response_p50", 2e6, noise.p50, 2), series("response_p99", 9e6, noise.p99, 3),
          series("ru", 5000, noise.throughput, 4)};
}

std::vector<double>& P99(std::vector<SecondSeries>& phase) { return phase[2].values; }

struct Rates {
  int cut = 0;
  int refused = 0;
  double seconds_cut = 0;
};

template <typename Change>
Rates Judge(size_t seconds, const Noise& noise, int phases, Change change) {
  Rates rates;
  for (int i = 0; i < phases; ++i) {
    std::vector<SecondSeries> phase = Phase(seconds, static_cast<uint64_t>(i) + 1, noise);
    change(&phase);
    const v1::Steadiness result = JudgeSteadiness(phase, 30);
    EXPECT_TRUE(result.judged());
    rates.refused += result.steady() ? 0 : 1;
    rates.cut += result.cut_seconds() > 0 ? 1 : 0;
    rates.seconds_cut += static_cast<double>(result.cut_seconds()) / phases;
  }
  return rates;
}

void Nothing(std::vector<SecondSeries>*) {}

TEST(Steadiness, IsNotJudgedBelowAMinute) {
  const v1::Steadiness result = JudgeSteadiness(Phase(59, 1), 0);
  EXPECT_FALSE(result.judged());
  EXPECT_FALSE(result.steady());
  ASSERT_EQ(result.reasons_size(), 1);
  EXPECT_EQ(result.reasons(0),
            "a measure phase of 59 s is too short to be judged: that takes 60 s");
  EXPECT_TRUE(JudgeSteadiness(Phase(60, 1), 0).judged());
  EXPECT_FALSE(JudgeSteadiness({}, 0).judged());
}

// Prints the rates; the limits are a little above them.
TEST(Steadiness, RarelyRefusesASteadyPhase) {
  struct Case {
    size_t seconds;
    double phi;
    int most_refused;  // of 60
  };
  for (const Case& c :
       {Case{60, 0, 3}, Case{120, 0, 2}, Case{300, 0, 2}, Case{600, 0, 2}, Case{600, 0.5, 4}}) {
    const Rates rates = Judge(c.seconds, {.phi = c.phi}, 60, Nothing);
    std::printf("steady phase of %3zu s, φ %.1f: %d of 60 refused, %d cut, %.1f s on average\n",
                c.seconds, c.phi, rates.refused, rates.cut, rates.seconds_cut);
    EXPECT_LE(rates.refused, c.most_refused);
  }
}

// Ten minutes, transients of several heights and time constants: what stays is all but unbiased.
TEST(Steadiness, CutsATransientDownToABiasBelowOnePercent) {
  for (const double height : {0.2, 1.0, 5.0}) {
    for (const double time_constant : {5.0, 15.0, 30.0}) {
      double bias = 0;
      double bias_before = 0;
      constexpr int kPhases = 40;
      for (int i = 1; i <= kPhases; ++i) {
        std::vector<double> values = NoisySeries(600, 100, 0.02, static_cast<uint64_t>(i));
        AddTransient(height, time_constant, &values);
        const auto mean = [&](size_t from) {
          const auto first = values.begin() + static_cast<std::ptrdiff_t>(from);
          return std::accumulate(first, values.end(), 0.0) / static_cast<double>(600 - from);
        };
        bias_before += (mean(0) / 100 - 1) / kPhases;
        bias += (mean(5 * MserCut(BatchMeans(values, 5))) / 100 - 1) / kPhases;
      }
      std::printf("transient ×%.1f, τ %2.0f s: bias %.2f %% before, %.2f %% after the cut\n",
                  1 + height, time_constant, 100 * bias_before, 100 * bias);
      EXPECT_LE(std::abs(bias), 0.0065);
    }
  }
}

TEST(Steadiness, CutsATransientOfOneSeriesOffAll) {
  const Rates rates = Judge(
      600, {}, 20, [](std::vector<SecondSeries>* phase) { AddTransient(2, 15, &P99(*phase)); });
  std::printf("p99 settles with τ 15 s: %d of 20 cut, %.0f s on average, %d refused\n", rates.cut,
              rates.seconds_cut, rates.refused);
  EXPECT_EQ(rates.cut, 20);
  EXPECT_GT(rates.seconds_cut, 30);
  EXPECT_LT(rates.seconds_cut, 120);
  EXPECT_LE(rates.refused, 2);
}

// Five minutes are not enough for what takes a minute to decay.
TEST(Steadiness, RefusesFiveMinutesWithATimeConstantOfOne) {
  const Rates rates = Judge(300, {.p50 = 0.01, .p99 = 0.01}, 4,
                            [](auto* phase) { AddTransient(2, 60, &P99(*phase)); });
  std::printf("300 s, τ 60 s: %d of 4 refused\n", rates.refused);
  EXPECT_EQ(rates.refused, 4);
}

TEST(Steadiness, RefusesASettlingInTheSecondHalf) {
  std::vector<SecondSeries> phase = Phase(300, 3, {.throughput = 0.01, .p50 = 0.01, .p99 = 0.01});
  AddShift(0.4, 200, &P99(phase));
  const v1::Steadiness result = JudgeSteadiness(phase, 30);
  EXPECT_FALSE(result.steady());
  EXPECT_EQ(result.cut_seconds(), 0u);
  ASSERT_GE(result.reasons_size(), 1);
  EXPECT_TRUE(absl::StartsWith(result.reasons(0), "response_p99 settled only 2"))
      << result.reasons(0);
}

TEST(Steadiness, RefusesAShiftOfTheThroughputAndSaysWhen) {
  std::vector<SecondSeries> phase = Phase(600, 4);
  AddShift(0.8, 450, &phase[0].values);
  AddShift(1.25, 500, &phase[0].values);
  phase[0].words = "the throughput";
  phase[0].unit = "/s";
  const v1::Steadiness result = JudgeSteadiness(phase, 30);
  EXPECT_FALSE(result.steady());
  ASSERT_GE(result.changes_size(), 1);
  EXPECT_EQ(result.changes(0).series(), "throughput");
  EXPECT_NEAR(result.changes(0).second(), 480, 6);
  EXPECT_NEAR(result.changes(0).after(), 800, 20);
  EXPECT_TRUE(absl::StartsWith(result.reasons(0), "the throughput went from "))
      << result.reasons(0);
  EXPECT_TRUE(absl::StrContains(result.reasons(0), "/s at second 4")) << result.reasons(0);
}

TEST(Steadiness, RefusesADriftOfTwoPercentPerMinute) {
  const Rates rates = Judge(600, {}, 6, [](auto* phase) { AddDrift(0.02, &P99(*phase)); });
  std::printf("p99 drifts by 2 %% per minute: %d of 6 refused\n", rates.refused);
  EXPECT_EQ(rates.refused, 6);
  std::vector<SecondSeries> phase = Phase(600, 5, {.p99 = 0.01});
  AddDrift(0.02, &P99(phase));
  EXPECT_GT(JudgeSteadiness(phase, 0).drift_per_minute(), 0.01);
}

// Nothing certain is seen in it, and nothing could be.
TEST(Steadiness, IsNotJudgedWhereNoiseWouldHideADrift) {
  std::vector<SecondSeries> phase = Phase(60, 3);
  P99(phase) = NoisySeries(60, 9e6, 0.6, 3);
  for (double& value : P99(phase)) value = std::max(value, 1e5);
  const v1::Steadiness result = JudgeSteadiness(phase, 0);
  EXPECT_FALSE(result.judged());
  EXPECT_FALSE(result.steady());
  EXPECT_EQ(result.cut_seconds(), 0u);
  ASSERT_EQ(result.reasons_size(), 1);
  EXPECT_TRUE(absl::StartsWith(result.reasons(0), "response_p99 varies too much: "))
      << result.reasons(0);
}

TEST(Steadiness, LetsADriftOfHalfAPercentPass) {
  const Rates rates = Judge(300, {}, 20, [](auto* phase) { AddDrift(0.004, &P99(*phase)); });
  EXPECT_LE(rates.refused, 2);
}

TEST(Steadiness, IsTheSameEveryTime) {
  std::vector<SecondSeries> phase = Phase(300, 9);
  AddShift(1.3, 150, &P99(phase));
  EXPECT_EQ(JudgeSteadiness(phase, 0).SerializeAsString(),
            JudgeSteadiness(phase, 0).SerializeAsString());
}

}  // namespace
}  // namespace weir
