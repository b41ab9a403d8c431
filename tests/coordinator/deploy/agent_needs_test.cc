#include "coordinator/deploy/agent_needs.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/coordinator/deploy/sample_deployment.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Target& OnlyTarget(v1::Campaign* campaign) {
  campaign->clear_targets();
  v1::Target& target = *campaign->add_targets();
  target.set_name("t");
  return target;
}

TEST(AgentNeeds, NamesTheVariablesAndFilesOfAllTargets) {
  const AgentNeeds needs = NeedsOf(test::SampleCampaign(), "in a pod");
  EXPECT_THAT(needs.variables, ElementsAre("PG_PASSWORD"));
  EXPECT_THAT(needs.files, ElementsAre("/secrets/ca.crt", "/secrets/cosmos-key"));
  EXPECT_THAT(needs.problems, IsEmpty());
}

TEST(AgentNeeds, SaysWhichTargetAnAgentElsewhereCannotReach) {
  v1::Campaign campaign = test::SampleCampaign();
  OnlyTarget(&campaign).mutable_sqlite()->set_path("/tmp/weir.db");
  EXPECT_THAT(NeedsOf(campaign, "in a pod").problems, ElementsAre(HasSubstr("target t: SQLite")));
  for (const char* host : {"127.0.0.1", "localhost", "/run/postgresql"}) {
    OnlyTarget(&campaign).mutable_postgres()->set_host(host);
    EXPECT_THAT(NeedsOf(campaign, "in a pod").problems, ElementsAre(HasSubstr(host)));
  }
  for (const char* endpoint :
       {"http://127.0.0.1:8081/", "http://[::1]:8081/", "https://localhost"}) {
    OnlyTarget(&campaign).mutable_cosmos()->set_endpoint(endpoint);
    EXPECT_EQ(NeedsOf(campaign, "in a pod").problems.size(), 1u) << endpoint;
  }
  OnlyTarget(&campaign).mutable_null();
  EXPECT_THAT(NeedsOf(campaign, "in a pod").problems, IsEmpty());
}

TEST(AgentNeeds, SaysWhatAgentsElsewhereWouldNotRead) {
  v1::Campaign campaign = test::SampleCampaign();
  campaign.mutable_targets(0)->mutable_postgres()->set_tls_root_certificate("/other/ca.crt");
  campaign.mutable_targets(0)->mutable_postgres()->mutable_password()->set_env("WEIR_PASSWORD");
  EXPECT_THAT(NeedsOf(campaign, "in a pod").problems,
              ElementsAre(HasSubstr("one folder"), HasSubstr("WEIR_PASSWORD")));
}

TEST(AgentNeeds, SaysThatAReplayedFileIsNotThere) {
  v1::Campaign campaign = test::SampleCampaign();
  campaign.mutable_scenarios(0)->mutable_shape()->mutable_open()->mutable_replay()->set_path("a");
  EXPECT_THAT(NeedsOf(campaign, "in a pod").problems, ElementsAre(HasSubstr("scenario mixed")));
}

TEST(AgentNeeds, PlansTheDrivenTimeOfAllTargetsAndRounds) {
  v1::Campaign campaign = test::SampleCampaign();
  EXPECT_EQ(PlannedDriveNs(campaign), 20'000'000'000);
  campaign.mutable_compare()->set_rounds(6);
  EXPECT_EQ(PlannedDriveNs(campaign), 120'000'000'000);
  campaign.mutable_scenarios(0)->add_targets("pg");
  EXPECT_EQ(PlannedDriveNs(campaign), 60'000'000'000);
}

}  // namespace
}  // namespace weir
