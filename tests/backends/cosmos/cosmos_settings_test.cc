// The backend against the emulator: what it says of the account, what its settings change, and what
// it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"

#include "tests/backends/cosmos/emulator_fixture.h"
#include "tests/reports/temporary_folder.h"

namespace weir::cosmos {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CosmosEmulatorTest, DisclosesWhereTheChargesWereCalibrated) {
  options_.charge_basis = "modelled; calibrated 2026-11-21 on a trial account";
  Open();
  const auto disclosure = backend_->Disclose();
  ASSERT_TRUE(disclosure.ok()) << disclosure.status();
  EXPECT_EQ(disclosure->charge_basis,
            "modelled by the emulator, not Azure's meter; calibrated 2026-11-21 on a trial "
            "account");
  EXPECT_NE(disclosure->caution, "");
}

TEST_F(CosmosEmulatorTest, DisclosesWhetherTheEmulatorKeepsWhatItAcknowledges) {
  Open();
  auto disclosure = backend_->Disclose();
  ASSERT_TRUE(disclosure.ok()) << disclosure.status();
  EXPECT_EQ(Fact(*disclosure, "durability"), "none: the emulator keeps everything in memory");
  const test::TemporaryFolder folder;
  options_.data_folder = folder.File("data");
  options_.port = 0;
  StartEmulator();
  Open();
  disclosure = backend_->Disclose();
  ASSERT_TRUE(disclosure.ok()) << disclosure.status();
  EXPECT_EQ(Fact(*disclosure, "durability"),
            "one copy: the emulator syncs each write before it answers");
  EXPECT_EQ(disclosure->caution,
            "a local emulator that syncs writes to one disk: its response times are not Azure's");
}

TEST_F(CosmosEmulatorTest, DisclosesTheConditions) {
  target_.set_throughput(12'000);
  Open();
  const auto disclosure = backend_->Disclose();
  ASSERT_TRUE(disclosure.ok()) << disclosure.status();
  EXPECT_EQ(disclosure->provisioned_ru, 12'000u);
  EXPECT_EQ(disclosure->charge_basis, "modelled by the emulator, not Azure's meter");
  EXPECT_EQ(Fact(*disclosure, "endpoint"), absl::StrCat("127.0.0.1:", emulator_->port()));
  EXPECT_EQ(Fact(*disclosure, "throughput"), "12000 RU/s, manual");
  EXPECT_EQ(Fact(*disclosure, "physical partitions"), "2");
  EXPECT_EQ(Fact(*disclosure, "partition key"), "/region");
  EXPECT_EQ(Fact(*disclosure, "REST version"), "2018-12-31");
  EXPECT_EQ(Fact(*disclosure, "consistency"), "Session (the account's)");
  EXPECT_THAT(Fact(*disclosure, "indexing policy"), HasSubstr("/time/?"));
  EXPECT_THAT(Fact(*disclosure, "indexing policy"), Not(HasSubstr("message")));
}

TEST_F(CosmosEmulatorTest, WritesCostMoreWithMoreIndexes) {
  options_.throttle = false;
  std::map<v1::IndexSet, MilliRu> charges;
  for (const v1::IndexSet indexes :
       {v1::INDEX_SET_NONE, v1::INDEX_SET_QUERIED, v1::INDEX_SET_ALL}) {
    target_.set_indexes(indexes);
    Open();
    const KeptOutcome done = driver_.Run(*session_, Insert(1, 1));
    ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    charges[indexes] = done.outcome.charge;
  }
  EXPECT_LT(charges[v1::INDEX_SET_NONE], charges[v1::INDEX_SET_QUERIED]);
  EXPECT_LT(charges[v1::INDEX_SET_QUERIED], charges[v1::INDEX_SET_ALL]);
}

TEST_F(CosmosEmulatorTest, RefusesAContainerWithAnotherPartitionKey) {
  Open();
  target_.set_partition_key("user");
  auto other = MakeCosmosBackend(target_, records_);
  const absl::Status status = (*other)->SetUp(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(status.message(), HasSubstr("/region"));
  EXPECT_THAT(status.message(), HasSubstr("/user"));
  EXPECT_TRUE((*other)->SetUp(true).ok());
}

TEST_F(CosmosEmulatorTest, AWrongKeyIsUnauthenticatedAndStaysSecret) {
  StartEmulator();
  setenv(kKeyVariable, "d3Jvbmcta2V5", 1);
  auto backend = MakeCosmosBackend(target_, records_);
  ASSERT_TRUE(backend.ok());
  for (const absl::Status& status :
       {(*backend)->SetUp(true), (*backend)->OpenSession(driver_.loop(), driver_).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
    EXPECT_THAT(status.message(), Not(HasSubstr("d3Jvbmcta2V5")));
  }
}

TEST_F(CosmosEmulatorTest, AnUnknownPartitionKeyIsRefusedByTheFactory) {
  target_.set_endpoint("http://127.0.0.1:1/");
  target_.set_partition_key("no_such_field");
  EXPECT_EQ(MakeCosmosBackend(target_, records_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(CosmosEmulatorTest, AMissingContainerIsNotFound) {
  StartEmulator();
  auto backend = MakeCosmosBackend(target_, records_);
  for (const absl::Status& status :
       {(*backend)->OpenSession(driver_.loop(), driver_).status(), (*backend)->Disclose().status(),
        (*backend)->Scan([](const Record&) {})}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  }
}

}  // namespace
}  // namespace weir::cosmos
