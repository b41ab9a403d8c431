#include "measure/paired_checks.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

using Values = std::vector<double>;

// scipy 1.10: stats.ttest_1samp(d, 0).pvalue.
TEST(PairedTTest, AgreesWithScipy) {
  EXPECT_NEAR(PairedTTestP(Values{0.1, 0.3, -0.2, 0.4, 0.25}), 0.17879118170584288, 1e-12);
  EXPECT_NEAR(PairedTTestP(Values{1, 2}), 0.204832764699133, 1e-12);
}

TEST(PairedTTest, HasNothingToSayOfTooLittle) {
  EXPECT_EQ(PairedTTestP(Values{}), 1);
  EXPECT_EQ(PairedTTestP(Values{3}), 1);
  EXPECT_EQ(PairedTTestP(Values{0, 0, 0}), 1);
  EXPECT_EQ(PairedTTestP(Values{2, 2, 2}), 0);
}

TEST(SignFlips, CountsTheChoicesThatAreAsFarFromZero) {
  EXPECT_DOUBLE_EQ(SignFlipP(Values{1, 2, 3}), 2.0 / 8);
  EXPECT_DOUBLE_EQ(SignFlipP(Values{-1, 2, 3}), 4.0 / 8);
  EXPECT_DOUBLE_EQ(SignFlipP(Values{0, 0}), 1);
  EXPECT_DOUBLE_EQ(SignFlipP(Values{}), 1);
}

TEST(SignFlips, SamplesWhereThereAreTooManyToCount) {
  const Values one_sided(30, 1.0);
  EXPECT_LT(SignFlipP(one_sided), 1e-5);
  Values balanced;
  for (int i = 0; i < 30; ++i) balanced.push_back(i % 2 == 0 ? 1 + 0.01 * i : -1 - 0.01 * i);
  EXPECT_GT(SignFlipP(balanced), 0.8);
}

TEST(StandardDeviation, DividesByOneLess) {
  EXPECT_DOUBLE_EQ(StandardDeviation(Values{1, 3}), std::sqrt(2.0));
  EXPECT_EQ(StandardDeviation(Values{5}), 0);
}

}  // namespace
}  // namespace weir
