#include "measure/theil_sen.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

#include "tests/measure/synthetic_series.h"

namespace weir {
namespace {

// scipy 1.10: scipy.stats.theilslopes(values, arange(40), alpha=0.999).
TEST(TheilSen, AgreesWithScipy) {
  const Slope slope = TheilSen(OracleSeries());
  EXPECT_NEAR(slope.median, 0.28130708845869135, 1e-12);
  EXPECT_NEAR(slope.low, 0.14944053323188738, 1e-12);
  EXPECT_NEAR(slope.high, 0.4200486361233861, 1e-12);
  EXPECT_TRUE(slope.Certain());
}

TEST(TheilSen, AgreesWithScipyOnTiedValues) {
  std::vector<double> values = OracleSeries();
  for (double& value : values) value = std::round(value / 5) * 5;
  const Slope slope = TheilSen(values);
  EXPECT_NEAR(slope.median, 0.29411764705882354, 1e-12);
  EXPECT_NEAR(slope.low, 0.0, 1e-12);
  EXPECT_NEAR(slope.high, 0.43478260869565216, 1e-12);
  EXPECT_FALSE(slope.Certain());
}

TEST(TheilSen, IsNotTurnedByAFewWildValues) {
  std::vector<double> values;
  for (int i = 0; i < 50; ++i) values.push_back(3.0 * i);
  for (const size_t wild : {3u, 17u, 44u}) values[wild] = 1e6;
  EXPECT_NEAR(TheilSen(values).median, 3, 1e-9);
}

TEST(TheilSen, IsFlatForAConstantAndForTooFewValues) {
  const Slope slope = TheilSen(std::vector<double>(30, 4.0));
  EXPECT_EQ(slope.median, 0);
  EXPECT_FALSE(slope.Certain());
  EXPECT_EQ(TheilSen(std::vector<double>{1, 9}).median, 0);
}

TEST(Median, IsTheMiddleOfTheSortedValues) {
  EXPECT_EQ(Median(std::vector<double>{}), 0);
  EXPECT_EQ(Median(std::vector<double>{5, 1, 9}), 5);
  EXPECT_EQ(Median(std::vector<double>{5, 1, 9, 7}), 6);
}

}  // namespace
}  // namespace weir
