#include "backends/cosmos/iso_time.h"

#include <gtest/gtest.h>

namespace weir::cosmos {
namespace {

std::string Iso(int64_t unix_us) {
  std::string text;
  AppendIsoTime(unix_us, &text);
  return text;
}

TEST(IsoTime, WritesMicrosecondsInUtc) {
  EXPECT_EQ(Iso(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(Iso(1'700'000'000'123'456), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(Iso(951'782'400'000'000), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(Iso(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(IsoTime, ReadsBackWhatItWrites) {
  for (int64_t us = -5'000'000'000'000'000; us < 9'000'000'000'000'000; us += 86'399'123'456'789) {
    ASSERT_EQ(ParseIsoTime(Iso(us)), us) << Iso(us);
  }
}

TEST(IsoTime, OrdersAsTextAsInTime) {
  EXPECT_LT(Iso(999'999), Iso(1'000'000));
  EXPECT_LT(Iso(1'699'999'999'999'999), Iso(1'700'000'000'000'000));
}

TEST(IsoTime, RefusesOtherForms) {
  for (const char* text : {"", "2023-11-14", "2023-11-14T22:13:20Z", "2023-11-14 22:13:20.123456Z",
                           "2023-11-14T22:13:20.123456+", "2023-1a-14T22:13:20.123456Z"}) {
    EXPECT_FALSE(ParseIsoTime(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace weir::cosmos
