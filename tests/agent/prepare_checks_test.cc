// What a coordinator may ask of an agent: everything else is refused before anything is opened.
#include "agent/prepare_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace weir {
namespace {

using testing::HasSubstr;

v1::Prepare Fine() {
  v1::Prepare prepare;
  prepare.set_task(v1::TASK_DRIVE);
  prepare.set_share_count(3);
  v1::Campaign* campaign = prepare.mutable_campaign();
  campaign->set_name("c");
  campaign->mutable_dataset()->set_records(10);
  campaign->mutable_dataset()->mutable_logs();
  v1::Target* target = campaign->add_targets();
  target->set_name("pg");
  target->mutable_postgres()->set_table("weir_records");
  target->mutable_postgres()->set_host("127.0.0.1");
  v1::Scenario* scenario = campaign->add_scenarios();
  scenario->set_name("s");
  scenario->add_operations()->set_do_(v1::OPERATION_KIND_READ);
  scenario->mutable_shape()->mutable_open()->mutable_rate()->set_operations(100);
  scenario->mutable_shape()->mutable_open()->mutable_rate()->set_per_ns(1'000'000'000);
  return prepare;
}

std::string Refusal(const std::function<void(v1::Prepare*)>& spoil) {
  v1::Prepare prepare = Fine();
  spoil(&prepare);
  return std::string(CheckPrepare(prepare, {}).message());
}

TEST(PrepareChecks, LetThroughWhatIsFine) {
  EXPECT_EQ(Refusal([](v1::Prepare*) {}), "");
}

TEST(PrepareChecks, RefuseIndicesOfNothing) {
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->set_scenario(1); }), "");
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->set_target(UINT32_MAX); }), "");
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->set_share_index(3); }), "");
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->set_share_count(0); }), "");
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->set_share_count(UINT32_MAX); }), "");
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->clear_campaign(); }), "");
}

TEST(PrepareChecks, RefuseWhatTheSchemaForbids) {
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                p->mutable_campaign()->mutable_dataset()->set_records(uint64_t{1} << 60);
              }),
              HasSubstr("dataset.records is out of its range"));
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                p->mutable_campaign()->mutable_targets(0)->mutable_postgres()->set_table(
                    "t; drop table users");
              }),
              HasSubstr("targets[0].postgres.table does not match"));
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                p->mutable_campaign()->mutable_scenarios(0)->mutable_operations(0)->set_do_(
                    static_cast<v1::OperationKind>(99));
              }),
              HasSubstr("of no known kind"));
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                p->mutable_campaign()->mutable_budget()->set_money(std::nan(""));
              }),
              HasSubstr("budget.money"));
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                p->mutable_campaign()->mutable_scenarios(0)->mutable_timeout()->set_ns(-1);
              }),
              HasSubstr("scenarios[0].timeout is no length of time"));
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                auto* open = p->mutable_campaign()->mutable_scenarios(0)->mutable_shape();
                open->mutable_open()->mutable_rate()->set_per_ns(0);
              }),
              HasSubstr("is no rate"));
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                for (int i = 0; i < 10'001; ++i) {
                  p->mutable_campaign()->mutable_scenarios(0)->add_targets("pg");
                }
              }),
              HasSubstr("holds too much"));
  EXPECT_THAT(Refusal([](v1::Prepare* p) {
                p->mutable_campaign()->set_description(std::string(1 << 20, 'x'));
              }),
              HasSubstr("description is too long"));
}

TEST(PrepareChecks, RefuseTasksThatTheScenarioDoesNotHave) {
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->set_task(v1::TASK_LOAD); }), "");
  EXPECT_NE(Refusal([](v1::Prepare* p) {
              p->mutable_campaign()->mutable_scenarios(0)->clear_operations();
            }),
            "");
  EXPECT_NE(
      Refusal([](v1::Prepare* p) { p->mutable_campaign()->mutable_scenarios(0)->clear_shape(); }),
      "");
}

TEST(PrepareChecks, RefuseAmountsThatAreNone) {
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->set_rate_factor(INFINITY); }), "");
  EXPECT_NE(Refusal([](v1::Prepare* p) { p->mutable_length()->set_ns(-5); }), "");
  EXPECT_NE(
      Refusal([](v1::Prepare* p) { p->mutable_budget()->set_operations_per_second(std::nan("")); }),
      "");
}

TEST(PrepareChecks, RefuseATargetThatIsNotOnTheListBeforeAnythingIsConnected) {
  const absl::Status status = CheckPrepare(Fine(), {.remote = true, .targets = {"db.example"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("this agent may not connect to 127.0.0.1: its operator has not listed"));
}

}  // namespace
}  // namespace weir
