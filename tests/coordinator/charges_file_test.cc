#include "coordinator/charges_file.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "coordinator/cli/calibrate_command.h"
#include "coordinator/cli/charges_command.h"

namespace weir {
namespace {

using google::protobuf::util::MessageDifferencer;

TEST(ChargesFile, AnEmptyFileIsTheModelsDefaults) {
  const ChargesReading reading = ReadChargesText("", "charges.yaml");
  ASSERT_TRUE(reading.problems.empty()) << ToString(reading.problems[0]);
  for (const cosmos::Coefficient& each : cosmos::Coefficients()) {
    EXPECT_DOUBLE_EQ(CoefficientsOf(reading.charges).*each.value,
                     cosmos::ChargeCoefficients().*each.value)
        << each.name;
  }
  EXPECT_EQ(CoefficientsOf(reading.charges), cosmos::ChargeCoefficients());
}

TEST(ChargesFile, EveryNumberOfTheFileIsACoefficient) {
  size_t numbers = 0;
  for (int i = 0; i < v1::Charges::descriptor()->field_count(); ++i) {
    numbers += v1::Charges::descriptor()->field(i)->cpp_type() ==
               google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE;
  }
  EXPECT_EQ(numbers, cosmos::Coefficients().size());
}

TEST(ChargesFile, WhatIsWrittenReadsBackTheSame) {
  cosmos::ChargeCoefficients coefficients;
  double odd = 1.0 / 3;
  for (const cosmos::Coefficient& each : cosmos::Coefficients()) {
    coefficients.*each.value = odd /= 1.7;
  }
  v1::Charges charges = ChargesOf(coefficients);
  charges.mutable_calibrated()->set_date("2026-11-21");
  charges.mutable_calibrated()->set_account("emulator, 400 RU/s");
  const ChargesReading reading = ReadChargesText(ChargesText(charges), "charges.yaml");
  ASSERT_TRUE(reading.problems.empty()) << ToString(reading.problems[0]);
  EXPECT_TRUE(MessageDifferencer::Equals(reading.charges, charges));
  EXPECT_EQ(CoefficientsOf(reading.charges), coefficients);
}

TEST(ChargesFile, MistakesHaveTheirPlaceAndARemedy) {
  const ChargesReading reading = ReadChargesText(
      "read_least: 1.2\nwrite_per_trem: 0.4\nquantum: -1\ncalibrated: {date: today}\n", "c.yaml");
  ASSERT_EQ(reading.problems.size(), 4U);
  EXPECT_EQ(ToString(reading.problems[0]),
            "c.yaml:2:1: unknown key 'write_per_trem'; did you mean 'write_per_term'?");
  EXPECT_EQ(reading.problems[1].line, 3);
  EXPECT_EQ(reading.problems[2].line, 4);
  EXPECT_EQ(reading.problems[3].line, 4);
}

TEST(ChargesFile, AFileThatIsNotThereIsSaid) {
  const ChargesReading reading = ReadChargesFile("/nowhere/charges.yaml");
  ASSERT_EQ(reading.problems.size(), 1U);
  EXPECT_EQ(ToString(reading.problems[0]),
            "/nowhere/charges.yaml: cannot read the charges: No such file or directory");
}

TEST(ChargesFile, IsWrittenAsAWholeOrNotAtAll) {
  const std::string path = testing::TempDir() + "/charges_file_test.yaml";
  ASSERT_TRUE(WriteChargesFile(ChargesOf({}), path).ok());
  EXPECT_TRUE(ReadChargesFile(path).problems.empty());
  std::remove(path.c_str());
  EXPECT_FALSE(WriteChargesFile(ChargesOf({}), testing::TempDir() + "/nowhere/charges.yaml").ok());
}

TEST(CalibrateCommand, RealAccountsNeedTheirHostNamed) {
  EXPECT_EQ(RefuseEndpoint("http://127.0.0.1:8081/", ""), "");
  EXPECT_EQ(RefuseEndpoint("https://localhost:8081", ""), "");
  EXPECT_EQ(RefuseEndpoint("http://[::1]:8081/", ""), "");
  const std::string real = "https://a.documents.azure.com:443/";
  EXPECT_NE(RefuseEndpoint(real, "").find("--confirm=a.documents.azure.com"), std::string::npos);
  EXPECT_NE(RefuseEndpoint(real, "b.documents.azure.com"), "");
  EXPECT_EQ(RefuseEndpoint(real, "a.documents.azure.com"), "");
  EXPECT_NE(RefuseEndpoint("http://10.0.0.4:8081", ""), "");
  EXPECT_NE(RefuseEndpoint("http://127.0.0.1.example.com/", ""), "");
  EXPECT_NE(RefuseEndpoint("a.documents.azure.com", ""), "");
}

TEST(ChargeBasis, SaysWhereTheNumbersComeFrom) {
  v1::Charges charges;
  EXPECT_EQ(ChargeBasisOf(charges), "modelled");
  charges.mutable_calibrated()->set_date("2026-11-21");
  charges.mutable_calibrated()->set_account("Azure account, 400 RU/s");
  EXPECT_EQ(ChargeBasisOf(charges), "modelled; calibrated 2026-11-21 on Azure account, 400 RU/s");
}

}  // namespace
}  // namespace weir
