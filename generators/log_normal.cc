#include "generators/log_normal.h"

#include <algorithm>
#include <bit>

#include "generators/portable_math.h"

namespace weir {
namespace {

constexpr double kLog2E = 1.44269504088896340736;
constexpr double kLn2 = 0.69314718055994530942;

double PowerOfHalf(int exponent) {
  double power = 1;
  for (int i = 0; i < exponent; ++i) power /= 2;
  return power;
}

}  // namespace

LogNormalLaw LogNormalLaw::Make(double median, double sigma) {
  return {static_cast<int64_t>(PortableLog(median) * kLog2E * 0x1.0p32),
          static_cast<int64_t>(sigma * kLog2E * 0x1.0p16)};
}

LogNormalTable::LogNormalTable() {
  normal_.reserve(kOctaves * (kParts + 1));
  for (int octave = 0; octave < kOctaves; ++octave) {
    for (int part = 0; part <= kParts; ++part) {
      const double tail = 0.5 * (1 + static_cast<double>(part) / kParts) * PowerOfHalf(octave + 1);
      normal_.push_back(static_cast<int64_t>(-NormalQuantile(tail) * 0x1.0p32));
    }
  }
  for (int i = 0; i < 1 << kPowerBits; ++i) {
    const double middle = (i + 0.5) / (1 << kPowerBits);
    powers_.push_back(static_cast<uint64_t>(PortableExp(middle * kLn2) * 0x1.0p40));
  }
}

int64_t LogNormalTable::AbsoluteNormal(uint64_t draw63) const {
  const uint64_t tail = draw63 | 1;
  const int octave = std::min(std::countl_zero(tail) - 1, kOctaves - 1);
  const uint64_t below_leading_bit = tail << (octave + 2);
  const uint64_t part = below_leading_bit >> (64 - kPartBits);
  const int64_t rest = static_cast<int64_t>((below_leading_bit << kPartBits) >> 40);  // of 2²⁴
  const int64_t* knot = &normal_[octave * (kParts + 1) + part];
  return knot[0] + (((knot[1] - knot[0]) * rest) >> 24);
}

int64_t LogNormalTable::Value(const LogNormalLaw& law, uint64_t draw) const {
  const int64_t magnitude = AbsoluteNormal(draw >> 1);
  const int64_t z = (draw & 1) != 0 ? magnitude : -magnitude;
  const int64_t log2 =
      std::clamp<int64_t>(law.log2_median + ((z >> 8) * law.log2_sigma >> 8), 0, int64_t{36} << 32);
  const uint64_t power = powers_[(log2 & 0xffffffff) >> (32 - kPowerBits)];
  return static_cast<int64_t>(power >> (40 - (log2 >> 32)));
}

}  // namespace weir
