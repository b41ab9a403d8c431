#include "agent/write_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr Intent kReads{};
constexpr Intent kWrites{.writes = true};
constexpr Intent kLoads{.writes = true, .recreates = true};

std::string Refusal(const Standing& standing, const Intent& intent) {
  const absl::Status status = MayTouch(standing, intent, "pg");
  if (status.ok()) return "";
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  return std::string(status.message());
}

TEST(WriteGuard, WhatIsOnThisMachineMayBeWrittenTo) {
  EXPECT_EQ(Refusal({.exists = true}, kLoads), "");
  EXPECT_EQ(Refusal({.exists = false}, kLoads), "");
}

TEST(WriteGuard, ElsewhereNothingIsWrittenWithoutConsent) {
  const Standing elsewhere{
      .on_this_machine = false, .exists = true, .place = "table t at 10.0.0.1"};
  EXPECT_THAT(Refusal(elsewhere, kWrites), HasSubstr("weir init CAMPAIGN.yaml --target pg"));
  EXPECT_THAT(Refusal(elsewhere, kLoads), HasSubstr("table t at 10.0.0.1"));
  Standing consented = elsewhere;
  consented.consent = true;
  EXPECT_EQ(Refusal(consented, kLoads), "");
}

TEST(WriteGuard, ElsewhereWhatIsThereMayBeRead) {
  Standing elsewhere{.on_this_machine = false, .exists = true};
  EXPECT_EQ(Refusal(elsewhere, kReads), "");
  EXPECT_TRUE(MustStayUntouched(elsewhere));
  elsewhere.exists = false;
  EXPECT_THAT(Refusal(elsewhere, kReads), HasSubstr("may not be created"));
}

TEST(WriteGuard, WhatSomebodyElseMadeIsNeverDroppedNorWrittenTo) {
  const Standing foreign{.consent = true, .exists = true, .foreign = true, .place = "table theirs"};
  EXPECT_THAT(Refusal(foreign, kLoads), HasSubstr("table theirs holds what Weir did not make"));
  EXPECT_NE(Refusal(foreign, kWrites), "");
  EXPECT_EQ(Refusal(foreign, kReads), "");
}

TEST(WriteGuard, APrimaryThatOthersWorkOnIsNotWrittenToWhateverWasConsented) {
  const Standing primary{.consent = true, .others = "it has 1 replica", .place = "table t"};
  EXPECT_THAT(Refusal(primary, kWrites), HasSubstr("table t: it has 1 replica: somebody depends"));
  EXPECT_NE(Refusal(primary, kLoads), "");
  EXPECT_EQ(Refusal(primary, kReads), "");
}

v1::Target PostgresTarget() {
  v1::Target target;
  target.set_name("pg");
  target.mutable_postgres()->set_database("logs");
  return target;
}

TEST(WriteGuard, WhatIsElsewhereAndHoldsRecordsIsDroppedOnlyWhenConfirmed) {
  Standing elsewhere{.on_this_machine = false,
                     .consent = true,
                     .exists = true,
                     .holds = "300 records",
                     .place = "table t at 10.0.0.1"};
  const absl::Status refused = MayDrop(elsewhere, PostgresTarget());
  EXPECT_TRUE(absl::IsPermissionDenied(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("table t at 10.0.0.1 is not on this"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("holds 300 records"));
  EXPECT_THAT(std::string(refused.message()), EndsWith("say --confirm=logs"));
  elsewhere.holds = "";
  EXPECT_TRUE(MayDrop(elsewhere, PostgresTarget()).ok()) << "an empty table is nobody's loss";
  Standing here = elsewhere;
  here.on_this_machine = true;
  here.holds = "300 records";
  EXPECT_TRUE(MayDrop(here, PostgresTarget()).ok());
}

TEST(WriteGuard, ADatabaseIsNamedAsTheCampaignNamesIt) {
  v1::Target target = PostgresTarget();
  EXPECT_EQ(DatabaseOf(target), "logs");
  target.mutable_cosmos()->set_database("trial");
  EXPECT_EQ(DatabaseOf(target), "trial");
  target.mutable_sqlite()->set_path("some/file.db");
  EXPECT_EQ(DatabaseOf(target), "some/file.db");
  target.mutable_null();
  EXPECT_EQ(DatabaseOf(target), "");
}

TEST(WriteGuard, TheIntentIsThatOfAllScenariosOnTheTarget) {
  v1::Campaign campaign;
  v1::Scenario* reads = campaign.add_scenarios();
  reads->add_operations()->set_do_(v1::OPERATION_KIND_READ);
  reads->add_operations()->set_do_(v1::OPERATION_KIND_QUERY);
  EXPECT_FALSE(IntentOn(campaign, "pg").writes);
  v1::Target* scaled = campaign.add_targets();
  scaled->set_name("scaled");
  EXPECT_FALSE(IntentOn(campaign, "scaled").writes);
  scaled->mutable_cosmos()->mutable_scaling()->set_most(1000);
  EXPECT_TRUE(IntentOn(campaign, "scaled").writes) << "it changes what the account costs";
  v1::Scenario* writes = campaign.add_scenarios();
  writes->add_targets("pg");
  writes->add_operations()->set_do_(v1::OPERATION_KIND_DELETE);
  EXPECT_TRUE(IntentOn(campaign, "pg").writes);
  EXPECT_FALSE(IntentOn(campaign, "other").writes);
  v1::Scenario* loads = campaign.add_scenarios();
  loads->mutable_phases()->mutable_load();
  EXPECT_TRUE(IntentOn(campaign, "other").recreates);
  EXPECT_TRUE(IntentOn(campaign, "other").writes);
}

}  // namespace
}  // namespace weir
