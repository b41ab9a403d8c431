#include "measure/tally.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::util::MessageDifferencer;

std::string PayloadOf(uint64_t value) {
  Histogram histogram;
  histogram.Record(value);
  return histogram.EncodeV2();
}

// Every field of the message set, each to something of its own.
v1::Tally FullTally(uint64_t scale) {
  v1::Tally tally;
  const google::protobuf::Reflection* reflection = tally.GetReflection();
  for (int i = 0; i < tally.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = tally.GetDescriptor()->field(i);
    const uint64_t number = scale * static_cast<uint64_t>(field->number());
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      reflection->SetUInt64(&tally, field, number);
    } else {
      reflection->SetString(&tally, field, PayloadOf(number));
    }
  }
  return tally;
}

Tally Sum(const std::vector<v1::Tally>& parts) {
  Tally sum;
  for (const v1::Tally& part : parts) EXPECT_TRUE(sum.Add(part).ok());
  return sum;
}

TEST(Tally, RoundTripsEveryFieldOfTheSchema) {
  const v1::Tally full = FullTally(1'000);
  EXPECT_TRUE(MessageDifferencer::Equals(Sum({full}).ToProto(), full));
}

TEST(Tally, AddsEveryCountOfTheSchema) {
  const v1::Tally sum = Sum({FullTally(1'000), FullTally(337)}).ToProto();
  for (int i = 0; i < sum.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = sum.GetDescriptor()->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_UINT64) continue;
    EXPECT_EQ(sum.GetReflection()->GetUInt64(sum, field),
              1'337u * static_cast<uint64_t>(field->number()))
        << field->name();
  }
}

TEST(Tally, AddsEachHistogramToItsOwn) {
  const Tally sum = Sum({FullTally(10), FullTally(10)});
  EXPECT_EQ(sum.response.Max(), 10u * v1::Tally::kResponseFieldNumber);
  EXPECT_EQ(sum.service.Max(), 10u * v1::Tally::kServiceFieldNumber);
  EXPECT_EQ(sum.wait.Max(), 10u * v1::Tally::kWaitFieldNumber);
  EXPECT_EQ(sum.lag.Max(), 10u * v1::Tally::kLagFieldNumber);
  EXPECT_EQ(sum.failed_response.Max(), 10u * v1::Tally::kFailedResponseFieldNumber);
  EXPECT_EQ(sum.charge.Max(), 10u * v1::Tally::kChargeFieldNumber);
  EXPECT_EQ(sum.response.count(), 2u);
}

TEST(Tally, AddingDecodedEqualsAddingEncoded) {
  Tally sum;
  sum.Add(Sum({FullTally(5)}));
  sum.Add(Sum({FullTally(9)}));
  EXPECT_TRUE(
      MessageDifferencer::Equals(sum.ToProto(), Sum({FullTally(5), FullTally(9)}).ToProto()));
}

TEST(Tally, AnyOrderAndGroupingMergesToTheSameBytes) {
  std::mt19937_64 random(5);
  std::vector<v1::Tally> parts;
  for (int i = 0; i < 12; ++i) parts.push_back(FullTally(1 + random() % 1'000'000));
  const std::string whole = Sum(parts).ToProto().SerializeAsString();
  for (int trial = 0; trial < 50; ++trial) {
    std::shuffle(parts.begin(), parts.end(), random);
    const auto middle = parts.begin() + static_cast<std::ptrdiff_t>(random() % parts.size());
    Tally sum = Sum({middle, parts.end()});
    EXPECT_TRUE(sum.Add(Sum({parts.begin(), middle}).ToProto()).ok());
    ASSERT_EQ(sum.ToProto().SerializeAsString(), whole) << "trial " << trial;
  }
}

TEST(Tally, BrokenPayloadIsNamedAndChangesNothing) {
  const v1::Tally before = FullTally(1'000);
  Tally tally = Sum({before});
  v1::Tally broken = FullTally(77);
  broken.mutable_charge()->pop_back();
  const absl::Status status = tally.Add(broken);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::StartsWith("charge: "));
  EXPECT_TRUE(MessageDifferencer::Equals(tally.ToProto(), before));
}

// R13: what took longer than the histogram's hour is counted at its top, as one value beyond it,
// and stays so over any number of hops.
TEST(Tally, TwoHoursAreOneOverflowAlsoOnTheWire) {
  constexpr uint64_t kHour = Histogram::kHighest;
  Tally first;
  first.response.Record(2 * kHour);
  first.response.Record(1'000);
  Tally second;
  ASSERT_TRUE(second.Add(first.ToProto()).ok());
  second.response.Record(2'000);
  Tally third;
  ASSERT_TRUE(third.Add(second.ToProto()).ok());
  third.Add(first);
  EXPECT_EQ(second.Overflow(), 1u);
  EXPECT_EQ(third.Overflow(), 2u);
  EXPECT_EQ(third.ToProto().overflow(), 2u);
  EXPECT_EQ(third.response.count(), 5u);
  EXPECT_GE(third.response.Max(), kHour);
}

TEST(Tally, EmptyHistogramsStayOffTheWire) { EXPECT_EQ(Tally().ToProto().ByteSizeLong(), 0u); }

TEST(Tally, CountsHoldNoHistogram) { EXPECT_TRUE(Sum({FullTally(3)}).counts().response().empty()); }

TEST(Tally, ClearLeavesNothing) {
  Tally tally = Sum({FullTally(3)});
  tally.Clear();
  EXPECT_EQ(tally.ToProto().ByteSizeLong(), 0u);
}

TEST(Tally, EveryOutcomeIsSettledOnce) {
  Tally tally;
  v1::Tally& counts = tally.counts();
  counts.set_planned(1'000'000);
  counts.set_attempts(2'000'000);
  counts.set_ok(1);
  counts.set_not_found(2);
  counts.set_conflict(4);
  counts.set_throttled(8);
  counts.set_timed_out(16);
  counts.set_failed(32);
  counts.set_in_doubt(64);
  counts.set_unsent(128);
  EXPECT_EQ(Failures(tally.counts()), 126u);
  EXPECT_EQ(Settled(tally.counts()), 255u);
}

}  // namespace
}  // namespace weir
