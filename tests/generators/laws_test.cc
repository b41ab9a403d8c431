// The laws that generators draw from, each against its formula.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "base/random.h"
#include "generators/log_normal.h"
#include "generators/permutation.h"
#include "generators/poisson.h"
#include "generators/weighted_choice.h"
#include "generators/zipf.h"
#include "generators/zipf_table.h"

namespace weir {
namespace {

// Pearson's statistic, in standard deviations from what it is when `expected` is true. Cells that
// expect less than 10 are put together.
double ChiSquareDeviation(const std::vector<double>& observed,
                          const std::vector<double>& expected) {
  double statistic = 0;
  int cells = 0;
  double rest_observed = 0;
  double rest_expected = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    rest_observed += observed[i];
    rest_expected += expected[i];
    if (rest_expected < 10 && i + 1 < expected.size()) continue;
    if (rest_expected > 0) {
      const double difference = rest_observed - rest_expected;
      statistic += difference * difference / rest_expected;
      ++cells;
    }
    rest_observed = rest_expected = 0;
  }
  const double freedom = std::max(cells - 1, 1);
  return (statistic - freedom) / std::sqrt(2 * freedom);
}

std::vector<double> ZipfExpectation(double theta, uint64_t ranks, double draws) {
  std::vector<double> weights;
  double sum = 0;
  for (uint64_t k = 1; k <= ranks; ++k) {
    weights.push_back(std::pow(static_cast<double>(k), -theta));
    sum += weights.back();
  }
  for (double& weight : weights) weight *= draws / sum;
  return weights;
}

struct ZipfCase {
  double theta;
  uint64_t ranks;
};

class Zipf : public ::testing::TestWithParam<ZipfCase> {
 protected:
  static constexpr int kDraws = 400000;

  double Deviation(const std::function<uint64_t(DrawStream&)>& choose) const {
    const auto [theta, ranks] = GetParam();
    std::vector<double> counts(ranks);
    for (int i = 0; i < kDraws; ++i) {
      DrawStream draws(17, static_cast<uint64_t>(i));
      const uint64_t rank = choose(draws);
      EXPECT_LT(rank, ranks);
      counts[std::min(rank, ranks - 1)] += 1;
    }
    return ChiSquareDeviation(counts, ZipfExpectation(theta, ranks, kDraws));
  }
};

TEST_P(Zipf, LawMeetsItsFrequencies) {
  const ZipfLaw law(GetParam().theta);
  const ZipfLaw::Ranks ranks = law.Over(GetParam().ranks);
  EXPECT_LT(Deviation([&](DrawStream& draws) { return law.Choose(ranks, draws); }), 4);
}

TEST_P(Zipf, TableMeetsItsFrequencies) {
  const ZipfTable table(GetParam().theta, GetParam().ranks);
  EXPECT_LT(Deviation([&](DrawStream& draws) { return table.Choose(draws); }), 4);
}

INSTANTIATE_TEST_SUITE_P(Thetas, Zipf,
                         ::testing::Values(ZipfCase{0, 1000}, ZipfCase{0.5, 1000},
                                           ZipfCase{0.99, 1000}, ZipfCase{1, 1000},
                                           ZipfCase{1.2, 30000}, ZipfCase{2, 1000}, ZipfCase{5, 50},
                                           ZipfCase{0.99, 1}, ZipfCase{1, 2},
                                           ZipfCase{0.99, 5000}));

TEST(ZipfLaw, HugeRangesStayInside) {
  for (double theta : {0.0, 0.5, 0.99, 1.0, 1.01, 2.0, 5.0}) {
    const uint64_t n = 1'000'000'000'000;
    const ZipfLaw law(theta);
    const ZipfTable table(theta, n);
    for (uint64_t i = 0; i < 20000; ++i) {
      DrawStream draws(18, i);
      EXPECT_LT(law.Choose(law.Over(n), draws), n);
      EXPECT_LT(table.Choose(draws), n);
    }
  }
}

TEST(ZipfLaw, HugeRangesKeepTheWeightOfTheHead) {
  // θ = 1 over 10¹² ranks: the first takes 1/(ln 10¹² + γ).
  const uint64_t n = 1'000'000'000'000;
  const double share = 1 / (std::log(1e12) + 0.5772156649);
  const ZipfTable table(1, n);
  const ZipfLaw law(1);
  double from_table = 0;
  double from_law = 0;
  for (uint64_t i = 0; i < 300000; ++i) {
    DrawStream draws(19, i);
    from_table += table.Choose(draws) == 0;
    from_law += law.Choose(law.Over(n), draws) == 0;
  }
  EXPECT_NEAR(from_table / 300000, share, 0.0014);  // σ = 0.00034
  EXPECT_NEAR(from_law / 300000, share, 0.0014);
}

TEST(Permutation, IsABijectionOfEverySize) {
  for (uint64_t size : {1, 2, 3, 4, 5, 7, 10, 64, 100, 1000, 65536, 65537}) {
    for (uint64_t key = 0; key < 5; ++key) {
      const Permutation shuffle(key, size);
      std::vector<bool> seen(size);
      for (uint64_t i = 0; i < size; ++i) {
        ASSERT_LT(shuffle(i), size);
        EXPECT_FALSE(seen[shuffle(i)]);
        seen[shuffle(i)] = true;
      }
    }
  }
}

TEST(Permutation, OfAFewTakesAllOrdersAlike) {
  constexpr int kOrders = 60000;
  for (uint64_t size : {2, 3, 4, 5}) {
    std::map<std::vector<uint64_t>, int> orders;
    for (uint64_t key = 0; key < kOrders; ++key) {
      const Permutation shuffle(Mix64(key), size);
      std::vector<uint64_t> order;
      for (uint64_t i = 0; i < size; ++i) order.push_back(shuffle(i));
      ++orders[order];
    }
    const size_t all = static_cast<size_t>(std::tgamma(static_cast<double>(size) + 1) + 0.5);
    ASSERT_EQ(orders.size(), all);
    std::vector<double> counts;
    for (const auto& [order, count] : orders) counts.push_back(count);
    EXPECT_LT(
        ChiSquareDeviation(counts, std::vector<double>(all, kOrders / static_cast<double>(all))), 4)
        << size;
  }
}

TEST(Permutation, ScattersNeighbours) {
  const uint64_t size = 1'000'000;
  const Permutation shuffle(5, size);
  double distance = 0;
  for (uint64_t i = 0; i < 10000; ++i) {
    distance += std::fabs(static_cast<double>(shuffle(i)) - static_cast<double>(shuffle(i + 1)));
  }
  EXPECT_NEAR(distance / 10000 / static_cast<double>(size), 1.0 / 3, 0.02);
}

TEST(WeightedChoice, MeetsItsWeights) {
  const std::vector<uint64_t> weights = {1, 0, 500, 30, 30, 2000, 7};
  const WeightedChoice choice(weights);
  constexpr int kDraws = 1000000;
  std::vector<double> counts(weights.size());
  for (uint64_t i = 0; i < kDraws; ++i) counts[choice.Choose(Draw(3, i))] += 1;
  EXPECT_EQ(counts[1], 0);
  std::vector<double> expected;
  for (uint64_t weight : weights) expected.push_back(static_cast<double>(weight) * kDraws / 2568);
  EXPECT_LT(ChiSquareDeviation(counts, expected), 4);
}

class Poisson : public ::testing::TestWithParam<double> {};

TEST_P(Poisson, MeanAndVarianceAreTheMean) {
  const double mean = GetParam();
  constexpr int kDraws = 200000;
  double sum = 0;
  double squares = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    DrawStream draws(23, i);
    const double difference = static_cast<double>(PoissonCount(mean, draws)) - mean;
    sum += difference;
    squares += difference * difference;
  }
  EXPECT_NEAR(sum / kDraws, 0, 4.5 * std::sqrt(mean / kDraws));
  EXPECT_NEAR(squares / kDraws / mean, 1, 4.5 * std::sqrt((2 + 1 / mean) / kDraws));
}

TEST_P(Poisson, FrequenciesFollowTheLaw) {
  const double mean = GetParam();
  constexpr int kDraws = 200000;
  std::vector<double> counts(static_cast<size_t>(mean + 12 * std::sqrt(mean) + 12));
  std::vector<double> expected(counts.size());
  for (uint64_t i = 0; i < kDraws; ++i) {
    DrawStream draws(29, i);
    const uint64_t count = PoissonCount(mean, draws);
    ASSERT_LT(count, counts.size());
    counts[count] += 1;
  }
  for (size_t k = 0; k < expected.size(); ++k) {
    const double at = static_cast<double>(k);
    expected[k] = kDraws * std::exp(at * std::log(mean) - mean - std::lgamma(at + 1));
  }
  EXPECT_LT(ChiSquareDeviation(counts, expected), 4);
}

INSTANTIATE_TEST_SUITE_P(Means, Poisson, ::testing::Values(0.3, 4.0, 9.9, 10.0, 35.5, 250.0, 3e4));

TEST(Poisson, LargestMeansKeepMeanAndVariance) {
  for (double mean : {1e7, 1e9}) {
    double sum = 0;
    double squares = 0;
    constexpr int kDraws = 50000;
    for (uint64_t i = 0; i < kDraws; ++i) {
      DrawStream draws(41, i);
      const double z = (static_cast<double>(PoissonCount(mean, draws)) - mean) / std::sqrt(mean);
      sum += z;
      squares += z * z;
    }
    EXPECT_NEAR(sum / kDraws, 0, 0.02);
    EXPECT_NEAR(squares / kDraws, 1, 0.03);
  }
}

TEST(Poisson, NothingIsPlannedAtMeanZero) {
  DrawStream draws(1, 1);
  EXPECT_EQ(PoissonCount(0, draws), 0u);
}

TEST(LogNormal, QuantilesMeetTheClosedForm) {
  const double median = 40000;
  const double sigma = 0.9;
  const LogNormalLaw law = LogNormalLaw::Make(median, sigma);
  const LogNormalTable table;
  constexpr int kDraws = 1000000;
  std::vector<int64_t> values;
  for (uint64_t i = 0; i < kDraws; ++i) values.push_back(table.Value(law, Draw(31, i)));
  std::sort(values.begin(), values.end());
  // Standard normal quantiles of 0.01, 0.1, … and four standard errors of the sample's.
  const std::vector<std::vector<double>> quantiles = {
      {0.01, -2.3263478740, 0.034}, {0.1, -1.2815515655, 0.0062}, {0.5, 0, 0.0046},
      {0.9, 1.2815515655, 0.0062},  {0.99, 2.3263478740, 0.014},  {0.999, 3.0902323062, 0.036}};
  for (const auto& q : quantiles) {
    const double expected = median * std::exp(sigma * q[1]);
    const double value = static_cast<double>(values[static_cast<size_t>(q[0] * kDraws)]);
    EXPECT_NEAR(value / expected, 1, q[2]) << "quantile " << q[0];
  }
}

TEST(LogNormal, SingleValuesFollowTheirDraw) {
  const LogNormalTable table;
  const LogNormalLaw law = LogNormalLaw::Make(1e6, 0.5);
  // The draw's lowest bit is the sign, the others the tail's probability.
  for (double tail : {0.25, 0.05, 0.001, 1e-6, 1e-9}) {
    const uint64_t draw = static_cast<uint64_t>(tail * 0x1.0p64) << 1;
    double low = 0;  // the quantile by bisection of erfc
    double high = 10;
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(middle / std::sqrt(2.0)) > tail ? low : high) = middle;
    }
    EXPECT_NEAR(static_cast<double>(table.Value(law, draw | 1)), 1e6 * std::exp(0.5 * low),
                2e-3 * 1e6 * std::exp(0.5 * low));
    EXPECT_NEAR(static_cast<double>(table.Value(law, draw)), 1e6 * std::exp(-0.5 * low),
                2e-3 * 1e6 * std::exp(-0.5 * low));
  }
}

}  // namespace
}  // namespace weir
