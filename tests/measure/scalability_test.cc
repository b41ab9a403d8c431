#include "measure/scalability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace weir {
namespace {

using testing::HasSubstr;

struct Law {
  double gamma = 1000;
  double alpha = 0.03;
  double beta = 0.0005;

  double PerSecond(double n) const {
    return gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1));
  }
  double Peak() const { return std::sqrt((1 - alpha) / beta); }
};

// Multiplied by noise of this relative deviation.
std::vector<ScalabilityPoint> Points(const Law& law, const std::vector<double>& loads, double noise,
                                     uint64_t seed) {
  std::vector<ScalabilityPoint> points;
  for (size_t i = 0; i < loads.size(); ++i) {
    double normal = 0;
    for (uint64_t j = 0; j < 12; ++j) normal += Unit(Draw(seed, 12 * i + j));
    points.push_back({loads[i], law.PerSecond(loads[i]) * (1 + noise * (normal - 6))});
  }
  return points;
}

const std::vector<double> kThroughThePeak = {1, 2, 4, 8, 16, 24, 32, 48, 64, 96};

TEST(Scalability, RecoversTheLawExactlyWithoutNoise) {
  const Law law;
  const ScalabilityFit fit = FitScalability(Points(law, kThroughThePeak, 0, 1), 1);
  ASSERT_EQ(fit.missing, "");
  EXPECT_NEAR(fit.gamma, law.gamma, 1e-6);
  EXPECT_NEAR(fit.alpha, law.alpha, 1e-9);
  EXPECT_NEAR(fit.beta, law.beta, 1e-12);
  EXPECT_NEAR(fit.peak_sessions, law.Peak(), 1e-6);
  EXPECT_NEAR(fit.peak_per_s, law.PerSecond(law.Peak()), 1e-6);
}

TEST(Scalability, IntervalsHoldTheTruthAboutAsOftenAsTheySay) {
  const Law law;
  int alpha = 0;
  int beta = 0;
  int peak = 0;
  constexpr int kFits = 200;
  for (uint64_t seed = 0; seed < kFits; ++seed) {
    const ScalabilityFit fit =
        FitScalability(Points(law, kThroughThePeak, 0.03, DeriveKey(seed, "noise")), seed);
    ASSERT_EQ(fit.missing, "");
    alpha += fit.alpha_95.low <= law.alpha && law.alpha <= fit.alpha_95.high ? 1 : 0;
    beta += fit.beta_95.low <= law.beta && law.beta <= fit.beta_95.high ? 1 : 0;
    peak += fit.peak_95.low <= law.Peak() && law.Peak() <= fit.peak_95.high ? 1 : 0;
    EXPECT_GT(fit.peak_sessions, 0.8 * law.Peak());
    EXPECT_LT(fit.peak_sessions, 1.3 * law.Peak());
  }
  // A bootstrap of ten points is a little too sure of itself.
  EXPECT_GE(alpha, kFits * 85 / 100);
  EXPECT_GE(beta, kFits * 85 / 100);
  EXPECT_GE(peak, kFits * 85 / 100);
}

TEST(Scalability, DoesNotExtrapolateFromTooFewLoads) {
  const ScalabilityFit fit = FitScalability(Points(Law(), {1, 8, 16, 32, 64, 96}, 0, 1), 1);
  EXPECT_THAT(fit.missing, HasSubstr("6 loads can be used, a fit needs 7"));
}

TEST(Scalability, CountsALoadThatWasRepeatedOnce) {
  const ScalabilityFit fit = FitScalability(Points(Law(), {1, 8, 16, 32, 64, 96, 96}, 0, 1), 1);
  EXPECT_THAT(fit.missing, HasSubstr("6 loads"));
}

TEST(Scalability, DoesNotExtrapolateFromShortOfThePeak) {
  const ScalabilityFit fit = FitScalability(Points(Law(), {1, 2, 4, 6, 8, 10, 12, 14}, 0, 1), 1);
  EXPECT_THAT(fit.missing, HasSubstr("no load lies past the peak"));
}

// A queue with one server only saturates: what differs beyond is noise.
TEST(Scalability, DoesNotTakeNoiseForAPeak) {
  const std::vector<ScalabilityPoint> points = {{2, 958},   {4, 977},   {8, 989}, {12, 1009},
                                                {16, 1024}, {24, 1012}, {32, 972}};
  EXPECT_THAT(FitScalability(points, 1).missing, HasSubstr("may be noise"));
}

TEST(Scalability, LeavesOutLoadsThatServedNothing) {
  std::vector<ScalabilityPoint> points = Points(Law(), kThroughThePeak, 0, 1);
  points.push_back({128, 0});
  EXPECT_NEAR(FitScalability(points, 1).alpha, Law().alpha, 1e-9);
}

TEST(Scalability, IsTheSameForTheSameSeed) {
  const auto points = Points(Law(), kThroughThePeak, 0.03, 5);
  EXPECT_EQ(FitScalability(points, 7).alpha_95.low, FitScalability(points, 7).alpha_95.low);
}

}  // namespace
}  // namespace weir
