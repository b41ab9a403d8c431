#include "generators/target_campaign.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

v1::Campaign Mixed() {
  v1::Campaign campaign;
  v1::Scenario* scenario = campaign.add_scenarios();
  scenario->mutable_phases()->mutable_load()->set_batch(500);
  for (const auto kind :
       {v1::OPERATION_KIND_INSERT, v1::OPERATION_KIND_UPSERT, v1::OPERATION_KIND_READ}) {
    v1::OperationSpec* operation = scenario->add_operations();
    operation->set_do_(kind);
    operation->set_batch(1);
  }
  return campaign;
}

TEST(CampaignOn, GivesTheBatchOfTheTargetToWhatWritesManyRecords) {
  v1::Target target;
  target.set_batch(20);
  const v1::Scenario scenario = CampaignOn(Mixed(), target).scenarios(0);
  EXPECT_EQ(scenario.phases().load().batch(), 20u);
  EXPECT_EQ(scenario.operations(0).batch(), 20u);
  EXPECT_EQ(scenario.operations(1).batch(), 20u);
  EXPECT_EQ(scenario.operations(2).batch(), 1u);
}

TEST(CampaignOn, LeavesTheCampaignToATargetWithoutABatch) {
  EXPECT_EQ(CampaignOn(Mixed(), v1::Target()).SerializeAsString(), Mixed().SerializeAsString());
}

}  // namespace
}  // namespace weir
