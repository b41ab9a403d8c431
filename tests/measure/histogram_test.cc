#include "measure/histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr uint64_t kTopBucket = Histogram::kCounters - 1;

Histogram HistogramOf(const std::vector<uint64_t>& values) {
  Histogram histogram;
  for (const uint64_t value : values) histogram.Record(value);
  return histogram;
}

// Values of all magnitudes up to a highest, as response times are.
std::vector<uint64_t> LogUniformValues(size_t count, double highest, std::mt19937_64& random) {
  std::uniform_real_distribution<double> exponent(0, std::log(highest));
  std::vector<uint64_t> values(count);
  for (uint64_t& value : values) value = static_cast<uint64_t>(std::exp(exponent(random)));
  return values;
}

uint64_t Reported(uint64_t value) {
  return Histogram::HighestEquivalent(Histogram::IndexOf(value));
}

TEST(HistogramLayout, IsThatOfHdrHistogramForOneHourAndThreeDigits) {
  EXPECT_EQ(Histogram::kCounters, 33'792u);
  EXPECT_EQ(Histogram::IndexOf(0), 0u);
  EXPECT_EQ(Histogram::IndexOf(1), 1u);
  EXPECT_EQ(Histogram::IndexOf(2047), 2047u);
  EXPECT_EQ(Histogram::IndexOf(2048), 2048u);
  EXPECT_EQ(Histogram::IndexOf(2049), 2048u);
  EXPECT_EQ(Histogram::IndexOf(2050), 2049u);
  EXPECT_EQ(Histogram::IndexOf(4095), 3071u);
  EXPECT_EQ(Histogram::IndexOf(4096), 3072u);
  EXPECT_EQ(Histogram::IndexOf(10'000), 4322u);
  EXPECT_EQ(Histogram::IndexOf(1'000'000), 11'169u);
  EXPECT_EQ(Histogram::IndexOf(1'000'000'000), 21'363u);
  EXPECT_EQ(Histogram::IndexOf(Histogram::kHighest), 33'420u);
  EXPECT_EQ(Histogram::IndexOf((uint64_t{1} << 42) - 1), kTopBucket);
}

TEST(HistogramLayout, BucketsTileTheRangeWithoutGapOrOverlap) {
  uint64_t next = 0;
  for (size_t i = 0; i < Histogram::kCounters; ++i) {
    ASSERT_EQ(Histogram::LowestEquivalent(i), next);
    ASSERT_EQ(Histogram::IndexOf(next), i);
    ASSERT_EQ(Histogram::IndexOf(Histogram::HighestEquivalent(i)), i);
    next = Histogram::HighestEquivalent(i) + 1;
  }
  EXPECT_EQ(next, uint64_t{1} << 42);
}

TEST(HistogramLayout, ReportedValueOverstatesByLessThanAThousandth) {
  for (size_t i = 1; i < Histogram::kCounters; ++i) {
    const auto lowest = static_cast<double>(Histogram::LowestEquivalent(i));
    const auto highest = static_cast<double>(Histogram::HighestEquivalent(i));
    ASSERT_LT((highest - lowest) / lowest, 0.00098) << i;
  }
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram.ValueAtQuantile(0.5), 0u);
  EXPECT_EQ(histogram.Min(), 0u);
  EXPECT_EQ(histogram.Max(), 0u);
  EXPECT_EQ(histogram.Mean(), 0);
  EXPECT_EQ(histogram.StdDev(), 0);
}

TEST(Histogram, CountsAValueAboveTheRangeAtItsTop) {
  Histogram histogram;
  histogram.Record(2 * Histogram::kHighest);
  histogram.Record(Histogram::kHighest);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.overflow(), 1u);
  EXPECT_EQ(histogram.Max(), Reported(Histogram::kHighest));
  EXPECT_EQ(histogram.Min(), Histogram::LowestEquivalent(Histogram::IndexOf(Histogram::kHighest)));
}

TEST(Histogram, RecordingNoTimesChangesNothing) {
  Histogram histogram;
  histogram.RecordTimes(5, 0);
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram, Histogram());
}

TEST(Histogram, RecordingTimesEqualsRecordingOneByOne) {
  Histogram at_once;
  at_once.RecordTimes(777'777, 5);
  EXPECT_EQ(at_once, HistogramOf({777'777, 777'777, 777'777, 777'777, 777'777}));
}

TEST(Histogram, FirstQuartileOfFiveIsTheSecondValue) {
  EXPECT_EQ(HistogramOf({1, 2, 2, 2, 2}).ValueAtQuantile(0.25), 2u);
}

TEST(Histogram, QuantileIsTheNearestRankOfTheSortedValues) {
  std::mt19937_64 random(20261121);
  for (uint64_t n = 1; n <= 200; ++n) {
    std::vector<uint64_t> values = LogUniformValues(n, n % 20 == 0 ? 3.6e12 : 1e5, random);
    const Histogram histogram = HistogramOf(values);
    std::sort(values.begin(), values.end());
    for (uint64_t thousandths = 0; thousandths <= 1000; thousandths += n < 20 ? 1 : 5) {
      const uint64_t rank = std::max<uint64_t>(1, (thousandths * n + 999) / 1000);
      ASSERT_EQ(histogram.ValueAtQuantile(static_cast<double>(thousandths) / 1000),
                Reported(values[rank - 1]))
          << "n " << n << ", q " << thousandths << "/1000";
    }
  }
}

TEST(Histogram, QuantileRankIgnoresTheErrorOfTheFloatingPointProduct) {
  Histogram hundred;
  for (uint64_t value = 1; value <= 100; ++value) hundred.Record(value);
  EXPECT_EQ(hundred.ValueAtQuantile(0.99), 99u);
  EXPECT_EQ(hundred.ValueAtQuantile(0.55), 55u);  // 0.55·100 is 55.00000000000001 in doubles
  EXPECT_EQ(hundred.ValueAtQuantile(0.1 + 0.2), 30u);
  EXPECT_EQ(hundred.ValueAtQuantile(1 - 0.9), 10u);
  EXPECT_EQ(hundred.ValueAtQuantile(0.990000001), 100u);
}

TEST(Histogram, QuantileIsExactAtHugeCounts) {
  Histogram histogram;
  histogram.RecordTimes(1, 999'999'999'999'999'999);
  histogram.RecordTimes(2, 1);
  EXPECT_EQ(histogram.ValueAtQuantile(0.999999999), 1u);
  EXPECT_EQ(histogram.ValueAtQuantile(1), 2u);
}

TEST(Histogram, QuantilesOutsideZeroToOneAreItsEnds) {
  const Histogram histogram = HistogramOf({3, 4, 5});
  EXPECT_EQ(histogram.ValueAtQuantile(-1), 3u);
  EXPECT_EQ(histogram.ValueAtQuantile(2), 5u);
}

TEST(Histogram, MeanAndDeviationAreThoseOfTheValues) {
  const Histogram histogram = HistogramOf({2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_DOUBLE_EQ(histogram.Mean(), 5);
  EXPECT_DOUBLE_EQ(histogram.StdDev(), 2);
  EXPECT_EQ(histogram.Min(), 2u);
  EXPECT_EQ(histogram.Max(), 9u);
}

TEST(Histogram, MeanOfWideBucketsIsThatOfTheirMidpoints) {
  EXPECT_DOUBLE_EQ(HistogramOf({4096, 4099}).Mean(), 4098);  // one bucket, 4096…4099
}

TEST(Histogram, ReportsAQuantileOnlyWithEnoughValuesBeyondIt) {
  Histogram histogram;
  histogram.RecordTimes(1, 9);
  EXPECT_FALSE(histogram.CanReport(0.5));
  histogram.Record(1);
  EXPECT_TRUE(histogram.CanReport(0.5));
  EXPECT_TRUE(histogram.CanReport(0.9));
  EXPECT_FALSE(histogram.CanReport(0.95));
  histogram.RecordTimes(1, 9'989);
  EXPECT_FALSE(histogram.CanReport(0.99));
  histogram.Record(1);
  EXPECT_TRUE(histogram.CanReport(0.99));
  EXPECT_FALSE(histogram.CanReport(0.999));
}

TEST(Histogram, VisitsBucketsInOrder) {
  std::vector<std::pair<uint64_t, uint64_t>> visited;
  HistogramOf({5'000, 3, 3, 900'000}).ForEachBucket([&](uint64_t value, uint64_t count) {
    visited.emplace_back(value, count);
  });
  const std::vector<std::pair<uint64_t, uint64_t>> expected = {
      {3, 2}, {Reported(5'000), 1}, {Reported(900'000), 1}};
  EXPECT_EQ(visited, expected);
}

TEST(Histogram, ClearLeavesNothing) {
  Histogram histogram = HistogramOf({1, 1'000'000, 2 * Histogram::kHighest});
  histogram.Clear();
  EXPECT_EQ(histogram, Histogram());
  EXPECT_EQ(histogram.overflow(), 0u);
  histogram.Record(7);
  EXPECT_EQ(histogram, HistogramOf({7}));
}

TEST(Histogram, CopiesAreIndependent) {
  Histogram original = HistogramOf({1, 2, 3});
  Histogram copy = original;
  copy.Record(4);
  EXPECT_EQ(original.count(), 3u);
  original = copy;
  EXPECT_EQ(original, copy);
  const Histogram& itself = original;
  original = itself;
  EXPECT_EQ(original, copy);
}

TEST(Histogram, WhatWasMovedFromCanBeAssignedTo) {
  Histogram original = HistogramOf({1, 2, 3});
  const Histogram taken = std::move(original);
  original = HistogramOf({9});
  EXPECT_EQ(taken.count(), 3u);
  EXPECT_EQ(original, HistogramOf({9}));
  Histogram gone = std::move(original);
  original = gone;
  EXPECT_EQ(original, HistogramOf({9}));
}

// Splits the values over some histograms, then merges these pair by pair in random order.
Histogram MergedFromRandomParts(const std::vector<uint64_t>& values, std::mt19937_64& random) {
  std::vector<Histogram> parts(1 + random() % 5);
  for (const uint64_t value : values) parts[random() % parts.size()].Record(value);
  while (parts.size() > 1) {
    std::shuffle(parts.begin(), parts.end(), random);
    parts[random() % (parts.size() - 1)].Add(parts.back());
    parts.pop_back();
  }
  return std::move(parts.front());
}

TEST(HistogramMerge, IsTheSameForAnySplitOrderAndGrouping) {
  std::mt19937_64 random(7);
  for (int trial = 0; trial < 10'000; ++trial) {
    const double highest = trial % 10 == 0 ? 3.6e12 : 1e5;
    std::vector<uint64_t> values = LogUniformValues(1 + random() % 40, highest, random);
    if (trial % 10 == 0) values.push_back(Histogram::kHighest + 1 + random() % 1000);
    const Histogram whole = HistogramOf(values);
    const Histogram merged = MergedFromRandomParts(values, random);
    ASSERT_EQ(merged, whole) << "trial " << trial;
    ASSERT_EQ(merged.overflow(), whole.overflow()) << "trial " << trial;
  }
}

TEST(HistogramMerge, AddingItselfDoublesEveryCount) {
  Histogram histogram = HistogramOf({1, 5'000});
  histogram.Add(histogram);
  EXPECT_EQ(histogram, HistogramOf({1, 1, 5'000, 5'000}));
}

TEST(HistogramDeathTest, RefusesMoreValuesThanAPayloadCanCount) {
  Histogram histogram;
  histogram.RecordTimes(1, Histogram::kMostValues);
  EXPECT_DEATH(histogram.Record(1), "check failed");
}

}  // namespace
}  // namespace weir
