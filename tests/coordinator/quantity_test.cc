#include "coordinator/quantity.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Quantity, DurationsAddTheirParts) {
  EXPECT_EQ(ParseDuration("30s")->ns(), 30'000'000'000);
  EXPECT_EQ(ParseDuration("1m30s")->ns(), 90'000'000'000);
  EXPECT_EQ(ParseDuration("250ms")->ns(), 250'000'000);
  EXPECT_EQ(ParseDuration("1.5h")->ns(), 5'400'000'000'000);
  EXPECT_EQ(ParseDuration("0.000000001s")->ns(), 1);
  EXPECT_EQ(ParseDuration("7us3ns")->ns(), 7003);
  EXPECT_EQ(ParseDuration("0")->ns(), 0);
}

TEST(Quantity, WrongDurationsAreRefused) {
  for (const char* text : {"", "30", "s", "-1s", "1 s", "1S", "1d", "1.s", ".5s", "0.1ns", "1e3s",
                           "99999999h", "9999999999999999999s", "1s1", "1..5s"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(Quantity, ADurationReadsBackAsItWasFormatted) {
  for (int64_t ns : {0L, 1L, 1'500L, 90'000'000'000L, 3'661'001'002'003L, 86'400'000'000'000L}) {
    EXPECT_EQ(ParseDuration(FormatDuration(ns))->ns(), ns) << FormatDuration(ns);
  }
  EXPECT_EQ(FormatDuration(90'000'000'000), "1m30s");
}

TEST(Quantity, RatesAreExactFractions) {
  EXPECT_EQ(ParseRate("2000/s")->operations(), 1u);
  EXPECT_EQ(ParseRate("2000/s")->per_ns(), 500'000u);
  EXPECT_EQ(ParseRate("0.5/s")->operations(), 1u);
  EXPECT_EQ(ParseRate("0.5/s")->per_ns(), 2'000'000'000u);
  EXPECT_EQ(ParseRate("3/s")->operations(), 3u);
  EXPECT_EQ(ParseRate("3/s")->per_ns(), 1'000'000'000u);
  EXPECT_EQ(ParseRate("300/m")->per_ns(), 200'000'000u);
  EXPECT_EQ(ParseRate("0/s")->operations(), 0u);
}

TEST(Quantity, WrongRatesAreRefused) {
  for (const char* text : {"", "5000", "/s", "5/", "5/d", "-5/s", "5 /s", "1e3/s", "2000000000/s",
                           "5/s/s", "0.0000000000000001/h"}) {
    EXPECT_FALSE(ParseRate(text).ok()) << text;
  }
}

TEST(Quantity, SizesHaveBinaryAndDecimalPrefixes) {
  EXPECT_EQ(ParseSize("512B")->bytes(), 512u);
  EXPECT_EQ(ParseSize("64KiB")->bytes(), 65'536u);
  EXPECT_EQ(ParseSize("10MiB")->bytes(), 10'485'760u);
  EXPECT_EQ(ParseSize("1.5MB")->bytes(), 1'500'000u);
  EXPECT_FALSE(ParseSize("10").ok());
  EXPECT_FALSE(ParseSize("10mib").ok());
  EXPECT_FALSE(ParseSize("99999999TiB").ok());
}

TEST(Quantity, SecretsAreReferences) {
  EXPECT_EQ(ParseSecret("${env:PG_PASSWORD}")->env(), "PG_PASSWORD");
  EXPECT_EQ(ParseSecret("${file:/run/secret}")->file(), "/run/secret");
  for (const char* text : {"", "hunter2", "${env:}", "${env:A B}", "${env:1A}", "${file:}",
                           "${vault:x}", "$PGPASSWORD", "${env:A"}) {
    EXPECT_FALSE(ParseSecret(text).ok()) << text;
  }
  EXPECT_EQ(ParseSecret("hunter2").status().message().find("hunter2"), absl::string_view::npos);
}

}  // namespace
}  // namespace weir
