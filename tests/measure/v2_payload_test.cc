#include "measure/v2_payload.h"

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "measure/histogram.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr size_t kLengthAt = 4;
constexpr int kFlips[] = {1, 2, 4, 8, 16, 32, 64, 128, 255};

// A payload with these bytes for counters.
std::string PayloadOf(std::initializer_list<int> counters) {
  std::string payload = Histogram().EncodeV2();
  payload.resize(kV2HeaderBytes);
  payload[kLengthAt + 3] = static_cast<char>(counters.size());
  for (const int byte : counters) payload.push_back(static_cast<char>(byte));
  return payload;
}

Histogram Busy() {
  Histogram histogram;
  for (const uint64_t value : {0, 1, 3, 1'000, 5'000, 5'000, 2'000'000}) histogram.Record(value);
  histogram.RecordTimes(90'000'000, 100'000);
  histogram.Record(3 * Histogram::kHighest);
  return histogram;
}

void ExpectRoundTrip(const Histogram& histogram) {
  Histogram decoded;
  ASSERT_TRUE(decoded.AddEncodedV2(histogram.EncodeV2()).ok());
  EXPECT_EQ(decoded, histogram);
}

// Refused, and nothing of it stays in a histogram that holds values already. Returns the reason.
std::string ExpectRefused(const std::string& payload) {
  Histogram histogram = Busy();
  const absl::Status status = histogram.AddEncodedV2(payload);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(histogram, Busy());
  histogram.Clear();
  EXPECT_EQ(histogram.EncodeV2(), Histogram().EncodeV2()) << "a counter out of sight was left";
  return std::string(status.message());
}

TEST(V2Payload, EmptyHistogramRoundTrips) { ExpectRoundTrip(Histogram()); }

TEST(V2Payload, SingleValueRoundTrips) {
  for (const uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{2'048}, Histogram::kHighest}) {
    Histogram histogram;
    histogram.Record(value);
    ExpectRoundTrip(histogram);
  }
}

TEST(V2Payload, EveryCounterInUseRoundTrips) {
  Histogram histogram;
  for (size_t i = 0; i <= Histogram::IndexOf(Histogram::kHighest); ++i) {
    histogram.RecordTimes(Histogram::LowestEquivalent(i), i % 7);
  }
  ExpectRoundTrip(histogram);
}

TEST(V2Payload, CountsOfEveryMagnitudeRoundTrip) {
  Histogram histogram;
  for (int bit = 0; bit < 62; ++bit) histogram.RecordTimes(100 + bit, uint64_t{1} << bit);
  ExpectRoundTrip(histogram);
  Histogram full;
  full.RecordTimes(1, Histogram::kMostValues);
  ExpectRoundTrip(full);
}

TEST(V2Payload, RandomHistogramsRoundTrip) {
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 200; ++trial) {
    Histogram histogram;
    for (int i = 0; i < 100; ++i) {
      histogram.RecordTimes(random() >> (22 + random() % 42),
                            1 + (random() >> (20 + random() % 44)));
    }
    ExpectRoundTrip(histogram);
  }
}

TEST(V2Payload, DecodingAddsToWhatIsThere) {
  Histogram histogram = Busy();
  ASSERT_TRUE(histogram.AddEncodedV2(Busy().EncodeV2()).ok());
  Histogram twice = Busy();
  twice.Add(Busy());
  EXPECT_EQ(histogram, twice);
}

TEST(V2Payload, NoBytesAddNothing) {
  Histogram histogram = Busy();
  EXPECT_TRUE(histogram.AddEncodedV2("").ok());
  EXPECT_EQ(histogram, Busy());
}

TEST(V2Payload, TakingBackLeavesWhatWasThereBefore) {
  Histogram small;
  small.Record(1'000);
  Histogram histogram = small;
  ASSERT_TRUE(histogram.AddEncodedV2(Busy().EncodeV2()).ok());
  histogram.TakeBackEncodedV2(Busy().EncodeV2());
  EXPECT_EQ(histogram, small);
  histogram.TakeBackEncodedV2(small.EncodeV2());
  EXPECT_EQ(histogram, Histogram());
}

TEST(V2Payload, CutAnywhereIsRefused) {
  const std::string whole = Busy().EncodeV2();
  for (size_t size = 1; size < whole.size(); ++size) ExpectRefused(whole.substr(0, size));
}

TEST(V2Payload, CutAnywhereWithItsLengthMendedIsRefusedOrWhole) {
  const std::string whole = Busy().EncodeV2();
  for (size_t size = kV2HeaderBytes; size < whole.size(); ++size) {
    std::string cut = whole.substr(0, size);
    cut[kLengthAt + 3] = static_cast<char>(size - kV2HeaderBytes);
    Histogram histogram = Busy();
    if (histogram.AddEncodedV2(cut).ok()) continue;  // cut between two numbers
    EXPECT_EQ(histogram, Busy()) << size;
  }
}

TEST(V2Payload, AnyOtherHeaderByteIsRefused) {
  for (size_t at = 0; at < kV2HeaderBytes; ++at) {
    for (const int flip : kFlips) {
      std::string payload = Busy().EncodeV2();
      payload[at] = static_cast<char>(payload[at] ^ flip);
      ExpectRefused(payload);
    }
  }
}

TEST(V2Payload, AnyOtherByteKeepsTheHistogramSound) {
  const std::string whole = Busy().EncodeV2();
  for (size_t at = kV2HeaderBytes; at < whole.size(); ++at) {
    for (const int flip : kFlips) {
      std::string payload = whole;
      payload[at] = static_cast<char>(payload[at] ^ flip);
      Histogram histogram = Busy();
      if (!histogram.AddEncodedV2(payload).ok()) {
        ASSERT_EQ(histogram, Busy()) << at << " ^ " << flip;
        continue;
      }
      uint64_t count = 0;
      histogram.ForEachBucket([&](uint64_t, uint64_t times) { count += times; });
      ASSERT_EQ(histogram.count(), count) << at << " ^ " << flip;
      histogram.TakeBackEncodedV2(payload);
      ASSERT_EQ(histogram, Busy()) << at << " ^ " << flip;
    }
  }
}

TEST(V2Payload, NoiseIsRefused) {
  std::mt19937_64 random(11);
  for (int trial = 0; trial < 1'000; ++trial) {
    std::string noise(1 + random() % 100, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    ExpectRefused(noise);
  }
}

TEST(V2Payload, NumberThatNeverEndsIsRefused) {
  EXPECT_THAT(ExpectRefused(PayloadOf({0xff})), HasSubstr("ends within a number"));
  ExpectRefused(PayloadOf({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
}

TEST(V2Payload, MoreCountersThanTheLayoutHasAreRefused) {
  // 33,792 zeros are −33,792, in ZigZag 67,583.
  Histogram histogram;
  EXPECT_TRUE(histogram.AddEncodedV2(PayloadOf({0xff, 0x8f, 0x04})).ok());
  EXPECT_TRUE(histogram.empty());
  EXPECT_THAT(ExpectRefused(PayloadOf({0xff, 0x8f, 0x04, 0x02})), HasSubstr("too many counters"));
  ExpectRefused(PayloadOf({0x02, 0xff, 0x8f, 0x04}));
  // The longest run of zeros that can be written, 2⁶³.
  ExpectRefused(PayloadOf({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
}

TEST(V2Payload, CountsThatOverflowAreRefused) {
  Histogram full;
  full.RecordTimes(5, Histogram::kMostValues);
  EXPECT_THAT(ExpectRefused(full.EncodeV2()), HasSubstr("counts overflow"));
}

TEST(V2Payload, AnotherLayoutIsNamed) {
  std::string payload = Busy().EncodeV2();
  payload[15] = 2;
  EXPECT_EQ(ExpectRefused(payload),
            "histogram payload has another layout: significant digits 2 instead of 3");
}

}  // namespace
}  // namespace weir
