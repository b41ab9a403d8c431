#include "generators/portable_math.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>

namespace weir {
namespace {

// ln 2 in two parts; the first has 21 trailing zero bits, so k·kLn2High is exact for |k| < 2²¹.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kSqrtHalf = 0.70710678118654752440;

// Horner's rule; the coefficients ascend.
template <size_t kSize>
double Polynomial(const std::array<double, kSize>& coefficients, double x) {
  double sum = coefficients[kSize - 1];
  for (size_t i = kSize - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

// 2·atanh(s) = ln((1+s)/(1−s)) for |s| ≤ 0.1716.
double TwiceAtanh(double s) {
  static constexpr std::array<double, 11> kOdd = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,
                                                  2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17,
                                                  2.0 / 19, 2.0 / 21, 2.0 / 23};
  const double square = s * s;
  return 2 * s + s * square * Polynomial(kOdd, square);
}

// eˣ − 1 for |x| ≤ 0.35: Taylor's series.
double SmallExpm1(double x) {
  static constexpr std::array<double, 12> kFactorials = {
      1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,      1.0 / 720,       1.0 / 5040,
      1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
  return x + x * x * Polynomial(kFactorials, x);
}

double PowerOfTwo(int exponent) {
  return std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52);
}

// ∫ x^exponent from a to b, continuous in the exponent at −1.
double PowerIntegral(double exponent, double a, double b) {
  const double log = PortableLog(b / a);
  const double y = (1 + exponent) * log;
  const double ratio = y > -1e-9 && y < 1e-9 ? 1 + y / 2 : PortableExpm1(y) / y;
  return PortablePower(a, 1 + exponent) * ratio * log;
}

}  // namespace

double PortableLog(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1022;
  double mantissa = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | (1022ULL << 52));
  if (mantissa < kSqrtHalf) {
    mantissa *= 2;
    --exponent;
  }
  return exponent * kLn2High + (TwiceAtanh((mantissa - 1) / (mantissa + 1)) + exponent * kLn2Low);
}

double PortableLog1p(double x) {
  if (x > -0.25 && x < 0.4) return TwiceAtanh(x / (2 + x));
  return PortableLog(1 + x);
}

double PortableExp(double x) {
  if (x < -700) return 0;
  const double quotient = x * 1.44269504088896340736;
  const int power = static_cast<int>(quotient + (quotient < 0 ? -0.5 : 0.5));
  const double rest = (x - power * kLn2High) - power * kLn2Low;
  return (1 + SmallExpm1(rest)) * PowerOfTwo(power);
}

double PortableExpm1(double x) {
  return x > -0.35 && x < 0.35 ? SmallExpm1(x) : PortableExp(x) - 1;
}

double PortablePower(double x, double exponent) { return PortableExp(exponent * PortableLog(x)); }

// Term by term, or by Euler and Maclaurin where terms hardly change.
double PowerSum(double exponent, uint64_t first, uint64_t end) {
  if (end - first <= 64) {
    double sum = 0;
    for (uint64_t k = first; k < end; ++k) sum += PortablePower(static_cast<double>(k), exponent);
    return sum;
  }
  const double a = static_cast<double>(first);
  const double b = static_cast<double>(end);
  const double at_a = PortablePower(a, exponent);
  const double at_b = PortablePower(b, exponent);
  return PowerIntegral(exponent, a, b) + (at_a - at_b) / 2 - exponent * (at_a / a - at_b / b) / 12;
}

double PortableLogFactorial(uint64_t n) {
  if (n < 16) {
    double product = 1;
    for (uint64_t factor = 2; factor <= n; ++factor) product *= static_cast<double>(factor);
    return PortableLog(product);
  }
  // Stirling's series at n+1.
  const double z = static_cast<double>(n) + 1;
  const double inverse = 1 / z;
  const double square = inverse * inverse;
  const double series =
      inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  return (z - 0.5) * PortableLog(z) - z + kHalfLogTwoPi + series;
}

double NormalQuantile(double p) {
  static constexpr std::array<double, 8> kA = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                               1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                               4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr std::array<double, 8> kB = {1.0,
                                               4.2313330701600911252e+1,
                                               6.8718700749205790830e+2,
                                               5.3941960214247511077e+3,
                                               2.1213794301586595867e+4,
                                               3.9307895800092710610e+4,
                                               2.8729085735721942674e+4,
                                               5.2264952788528545610e+3};
  static constexpr std::array<double, 8> kC = {
      1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
      3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr std::array<double, 8> kD = {1.0,
                                               2.05319162663775882187e0,
                                               1.67638483018380384940e0,
                                               6.89767334985100004550e-1,
                                               1.48103976427480074590e-1,
                                               1.51986665636164571966e-2,
                                               5.47593808499534494600e-4,
                                               1.05075007164441684324e-9};
  static constexpr std::array<double, 8> kE = {
      6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array<double, 8> kF = {1.0,
                                               5.99832206555887937690e-1,
                                               1.36929880922735805310e-1,
                                               1.48753612908506148525e-2,
                                               7.86869131145613259100e-4,
                                               1.84631831751005468180e-5,
                                               1.42151175831644588870e-7,
                                               2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (q > -0.425 && q < 0.425) {
    const double r = 0.180625 - q * q;
    return q * Polynomial(kA, r) / Polynomial(kB, r);
  }
  const double r = std::sqrt(-PortableLog(q < 0 ? p : 1 - p));
  const double z = r <= 5 ? Polynomial(kC, r - 1.6) / Polynomial(kD, r - 1.6)
                          : Polynomial(kE, r - 5) / Polynomial(kF, r - 5);
  return q < 0 ? -z : z;
}

uint64_t IntegerSqrt(Uint128 x) {
  if (x == 0) return 0;
  // The estimate is within 2¹² of the root; one Newton step makes it exact but for the last unit.
  const double estimate = std::sqrt(static_cast<double>(x));
  Uint128 root = estimate >= 0x1.0p64 ? ~uint64_t{0} : static_cast<uint64_t>(estimate);
  if (root == 0) root = 1;
  root = (root + x / root) >> 1;
  while (root > 0xffffffffffffffffULL || root * root > x) --root;
  while (root < 0xffffffffffffffffULL && (root + 1) * (root + 1) <= x) ++root;
  return static_cast<uint64_t>(root);
}

}  // namespace weir
