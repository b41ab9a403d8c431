#include "base/random.h"

#include <array>
#include <bit>
#include <set>

#include "gtest/gtest.h"

namespace weir {
namespace {

// SplitMix64 as published gives these for state 0 and 1234567 (its first outputs): what makes a
// seed mean the same on every machine and in every version. Never change them.
TEST(Random, FinaliserIsThatOfSplitMix64) {
  constexpr uint64_t kGamma = 0x9e3779b97f4a7c15ULL;
  EXPECT_EQ(Mix64(kGamma), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(Mix64(2 * kGamma), 0x6e789e6aa1b965f4ULL);
  EXPECT_EQ(Mix64(3 * kGamma), 0x06c45d188009454fULL);
  EXPECT_EQ(Mix64(1234567 + kGamma), 6457827717110365317ULL);
  EXPECT_EQ(Mix64(1234567 + 2 * kGamma), 3203168211198807973ULL);
}

TEST(Random, FinaliserIsABijection) {
  // Its inverse, step by step.
  const auto unmix = [](uint64_t x) {
    x ^= x >> 31 ^ x >> 62;
    x *= 0x319642b2d24d8ec3ULL;
    x ^= x >> 27 ^ x >> 54;
    x *= 0x96de1b173f119089ULL;
    x ^= x >> 30 ^ x >> 60;
    return x;
  };
  for (uint64_t i = 0; i < 100'000; ++i) {
    const uint64_t x = i * 0x9e3779b97f4a7c15ULL ^ i;
    ASSERT_EQ(unmix(Mix64(x)), x);
  }
}

TEST(Random, DrawsNeverChange) {
  EXPECT_EQ(Draw(0, 0), 0x48218226ff3cd4bfULL);
  EXPECT_EQ(Draw(1, 0), 0x9e0160293a33aaf7ULL);
  EXPECT_EQ(Draw(0, 1), 0xdce423fc82c0d5b8ULL);
  EXPECT_EQ(Draw(~uint64_t{0}, ~uint64_t{0}), 0x4650bc0eb3312e23ULL);
}

TEST(Random, KeysNeverChange) {
  EXPECT_EQ(DeriveKey(0, ""), 0x8932c885a3fe960eULL);
  EXPECT_EQ(DeriveKey(1, "arrivals"), 0xd16ed6ee722547c8ULL);
  EXPECT_EQ(DeriveKey(2, "arrivals"), 0x1e39118806d39917ULL);
  EXPECT_EQ(DeriveKey(1, "mix"), 0x12fa3425038daae7ULL);
}

TEST(Random, StreamsNeverChange) {
  DrawStream stream(7, 11);
  EXPECT_EQ(stream.Next(), 0x7aa6ad9add7ef648ULL);
  EXPECT_EQ(stream.Next(), 0x7e31f7b1c8cbe7f2ULL);
  EXPECT_EQ(stream.Below(1'000), 347u);
  EXPECT_EQ(stream.Unit(), 0x1.c1a8fbee691d8p-3);
}

TEST(Random, KeysOfDifferentPurposesAndSeedsDiffer) {
  std::set<uint64_t> keys;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (const char* purpose : {"", "a", "b", "ab", "ba", "arrivals", "records", "mix"}) {
      keys.insert(DeriveKey(seed, purpose));
    }
  }
  EXPECT_EQ(keys.size(), 800u);
}

TEST(Random, StreamsOfNeighbouringCountersDoNotOverlap) {
  std::set<uint64_t> draws;
  for (uint64_t counter = 0; counter < 1'000; ++counter) {
    DrawStream stream(5, counter);
    for (int i = 0; i < 20; ++i) draws.insert(stream.Next());
  }
  EXPECT_EQ(draws.size(), 20'000u);
}

TEST(Random, BelowStaysBelow) {
  for (const uint64_t bound : {uint64_t{1}, uint64_t{2}, uint64_t{1} << 63, ~uint64_t{0}}) {
    EXPECT_EQ(Below(0, bound), 0u);
    EXPECT_EQ(Below(~uint64_t{0}, bound), bound - 1);
  }
}

// χ² over equal cells; the bounds are its 0.01 % and 99.99 % quantiles for 99 degrees of freedom.
// The draws are fixed, so that this passes always or never.
double ChiSquare(const std::array<int, 100>& cells, double expected) {
  double sum = 0;
  for (const int cell : cells) sum += (cell - expected) * (cell - expected) / expected;
  return sum;
}

TEST(Random, BelowIsUniform) {
  std::array<int, 100> cells{};
  for (uint64_t i = 0; i < 100'000; ++i) ++cells[Below(Draw(3, i), 100)];
  EXPECT_GT(ChiSquare(cells, 1'000), 53);
  EXPECT_LT(ChiSquare(cells, 1'000), 161);
}

TEST(Random, UnitIsUniformAndBelowOne) {
  EXPECT_EQ(Unit(0), 0);
  EXPECT_LT(Unit(~uint64_t{0}), 1);
  std::array<int, 100> cells{};
  for (uint64_t i = 0; i < 100'000; ++i) {
    ++cells[static_cast<size_t>(Unit(Draw(4, i)) * 100)];
  }
  EXPECT_GT(ChiSquare(cells, 1'000), 53);
  EXPECT_LT(ChiSquare(cells, 1'000), 161);
}

TEST(Random, EveryBitOfTheCounterMovesHalfTheBitsOfTheDraw) {
  for (int bit = 0; bit < 64; ++bit) {
    int moved = 0;
    for (uint64_t counter = 0; counter < 1'000; ++counter) {
      moved += std::popcount(Draw(9, counter) ^ Draw(9, counter ^ uint64_t{1} << bit));
    }
    EXPECT_NEAR(moved / 1'000.0, 32, 1) << "bit " << bit;
  }
}

}  // namespace
}  // namespace weir
