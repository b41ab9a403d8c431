#include "measure/mser.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

#include "tests/measure/synthetic_series.h"

namespace weir {
namespace {

// The definition, step by step.
size_t CutByDefinition(const std::vector<double>& batches) {
  size_t best_cut = 0;
  double best = std::numeric_limits<double>::infinity();
  for (size_t d = 0; d + MserLeast(batches.size()) <= batches.size(); ++d) {
    const auto n = static_cast<double>(batches.size() - d);
    double mean = 0;
    for (size_t i = d; i < batches.size(); ++i) mean += batches[i] / n;
    double variance = 0;
    for (size_t i = d; i < batches.size(); ++i) variance += std::pow(batches[i] - mean, 2) / n;
    if (variance / n < best) {
      best = variance / n;
      best_cut = d;
    }
  }
  return best_cut;
}

TEST(Mser, FindsTheMinimumOfItsDefinition) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::vector<double> values = NoisySeries(8 + seed % 60, 100, 0.1, seed);
    AddTransient(0.8, 5 + static_cast<double>(seed % 9), &values);
    EXPECT_EQ(MserCut(values), CutByDefinition(values)) << "seed " << seed;
  }
}

// scipy 1.10, numpy.var(z[d:]) / (n - d) at its least; scipy.stats.ttest_ind of both parts.
TEST(Mser, AgreesWithNumpyAndScipy) {
  std::vector<double> values = OracleSeries();
  for (int i = 0; i < 9; ++i) values[static_cast<size_t>(i)] += 50;
  EXPECT_EQ(MserCut(values), 12u);
  EXPECT_NEAR(StandardErrorsApart(values, 9), 34.65039809376696, 1e-9);
}

TEST(Mser, KeepsAConstantSeriesWhole) { EXPECT_EQ(MserCut(std::vector<double>(100, 7.0)), 0u); }

TEST(Mser, KeepsTooShortASeriesWhole) {
  for (size_t n = 0; n <= 5; ++n) EXPECT_EQ(MserCut(std::vector<double>(n, 1.0)), 0u);
}

TEST(Mser, DropsAStepAtTheStart) {
  std::vector<double> values(100, 10.0);
  for (size_t i = 0; i < 12; ++i) values[i] = 50;
  EXPECT_EQ(MserCut(values), 12u);
}

TEST(Mser, TakesMeansOfWholeBatchesOnly) {
  const std::vector<double> values = {1, 2, 3, 4, 5, 10, 10, 10, 10, 10, 99};
  EXPECT_EQ(BatchMeans(values, 5), (std::vector<double>{3, 10}));
  EXPECT_TRUE(BatchMeans({}, 5).empty());
}

TEST(StandardErrorsApart, TellsAStepFromNoise) {
  const std::vector<double> noise = NoisySeries(100, 100, 0.1, 3);
  EXPECT_LT(StandardErrorsApart(noise, 30), 3);
  std::vector<double> step = noise;
  for (size_t i = 0; i < 30; ++i) step[i] += 20;
  EXPECT_GT(StandardErrorsApart(step, 30), 8);
  EXPECT_EQ(StandardErrorsApart(noise, 0), 0);
  EXPECT_EQ(StandardErrorsApart(noise, 100), 0);
  EXPECT_TRUE(std::isinf(StandardErrorsApart(std::vector<double>{2, 2, 1, 1, 1}, 2)));
}

}  // namespace
}  // namespace weir
