#include "reports/quantity.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Quantity, CountsReadLikeNumbersInProse) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(7), "7");
  EXPECT_EQ(CountText(9.712), "9.71");
  EXPECT_EQ(CountText(99.96), "100");
  EXPECT_EQ(CountText(1234.5), "1,234");
  EXPECT_EQ(CountText(1234567), "1,234,567");
  EXPECT_EQ(CountText(12345678), "12.3 M");
  EXPECT_EQ(CountText(-1234), "-1,234");
}

TEST(Quantity, DurationsTakeAFittingUnit) {
  EXPECT_EQ(DurationText(0), "0 s");
  EXPECT_EQ(DurationText(0.25), "250 ns");
  EXPECT_EQ(DurationText(812), "812 µs");
  EXPECT_EQ(DurationText(12'400), "12.4 ms");
  EXPECT_EQ(DurationText(3.21e6), "3.21 s");
  EXPECT_EQ(DurationText(125e6), "2 min 5 s");
  EXPECT_EQ(DurationText(7'320e6), "2 h 2 min");
}

TEST(Quantity, SharesNeverRoundToNothingOrAll) {
  EXPECT_EQ(ShareText(0), "0 %");
  EXPECT_EQ(ShareText(1e-9), "< 0.001 %");
  EXPECT_EQ(ShareText(0.0005), "0.050 %");
  EXPECT_EQ(ShareText(0.0123), "1.23 %");
  EXPECT_EQ(ShareText(0.99999), "99.9 %");
  EXPECT_EQ(ShareText(1), "100 %");
}

TEST(Quantity, BytesAreBinary) {
  EXPECT_EQ(BytesText(512), "512 B");
  EXPECT_EQ(BytesText(1536), "1.50 KiB");
  EXPECT_EQ(BytesText(1.3e9), "1.21 GiB");
}

TEST(Quantity, TimesAreUtc) {
  EXPECT_EQ(UtcText(1'795'227'300'000'000'000), "2026-11-21 02:15:00 UTC");
  EXPECT_EQ(UtcIso(1'795'227'300'000'000'000), "2026-11-21T02:15:00Z");
}

}  // namespace
}  // namespace weir
