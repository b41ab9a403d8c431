#include "generators/portable_math.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"

#include "base/random.h"

namespace weir {
namespace {

// How far a value is from the platform's, relative to it.
double Error(double value, double expected) {
  return std::fabs(value - expected) / std::max(std::fabs(expected), 1e-300);
}

TEST(PortableMath, AgreesWithThePlatformWithinItsError) {
  DrawStream draws(1, 1);
  for (int i = 0; i < 100000; ++i) {
    const double x = (draws.Unit() - 0.5) * 80;
    EXPECT_LT(Error(PortableExp(x), std::exp(x)), 1e-14) << x;
    EXPECT_LT(Error(PortableExpm1(x), std::expm1(x)), 2e-14) << x;
    EXPECT_LT(Error(PortableLog(std::exp(x)), x), 1e-13) << x;
    const double small = x / 100;
    EXPECT_LT(Error(PortableExpm1(small), std::expm1(small)), 1e-14) << small;
    EXPECT_LT(Error(PortableLog1p(small), std::log1p(small)), 1e-13) << small;
  }
}

TEST(PortableMath, LogFactorialAgreesWithThePlatform) {
  for (uint64_t n : {0, 1, 2, 15, 16, 17, 100, 10000, 10000000}) {
    EXPECT_NEAR(PortableLogFactorial(n), std::lgamma(static_cast<double>(n) + 1),
                1e-12 * std::max(1.0, std::lgamma(static_cast<double>(n) + 1)));
  }
}

TEST(PortableMath, PowerSumIsTheSumOfItsTerms) {
  for (double exponent : {0.0, -0.5, -0.99, -1.0, -1.0000001, -2.0, -5.0}) {
    for (uint64_t first : {256, 1000, 100000}) {
      const uint64_t end = first + first / 4;
      long double sum = 0;
      for (uint64_t k = first; k < end; ++k) {
        sum += std::pow(static_cast<long double>(k), static_cast<long double>(exponent));
      }
      EXPECT_LT(Error(PowerSum(exponent, first, end), static_cast<double>(sum)), 1e-9)
          << exponent << " from " << first;
    }
  }
}

TEST(PortableMath, NormalQuantileInvertsTheDistribution) {
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-12);
  for (double p : {1e-15, 1e-9, 1e-4, 0.02, 0.074, 0.076, 0.3, 0.5, 0.7, 0.95, 0.9999}) {
    EXPECT_LT(Error(0.5 * std::erfc(-NormalQuantile(p) / std::sqrt(2.0)), p), 1e-12) << p;
  }
}

TEST(PortableMath, IntegerSqrtIsExact) {
  DrawStream draws(2, 2);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t root = draws.Next() >> draws.Below(64);
    const Uint128 square = Uint128{root} * root;
    EXPECT_EQ(IntegerSqrt(square), root);
    EXPECT_EQ(IntegerSqrt(square + root), root);
    if (root > 0) {
      EXPECT_EQ(IntegerSqrt(square - 1), root - 1);
    }
  }
  EXPECT_EQ(IntegerSqrt(~Uint128{0}), ~uint64_t{0});
}

// The last bit too must be the same on every machine.
TEST(PortableMath, BitsArePinned) {
  const auto bits = [](double x) { return std::bit_cast<uint64_t>(x); };
  EXPECT_EQ(bits(PortableLog(3.7)), 0x3ff4eeee650ae550u);
  EXPECT_EQ(bits(PortableExp(-3.7)), 0x3f99511fc6871044u);
  EXPECT_EQ(bits(PortableLog1p(0.37)), 0x3fd425dbf202b874u);
  EXPECT_EQ(bits(PortableExpm1(-0.37)), 0xbfd3cb023bec0a02u);
  EXPECT_EQ(bits(PortableLogFactorial(37)), 0x4058d528c1243d94u);
  EXPECT_EQ(bits(NormalQuantile(0.037)), 0xbffc95f7e5764153u);
}

}  // namespace
}  // namespace weir
