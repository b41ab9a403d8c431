#include "coordinator/campaign_overrides.h"

#include <gtest/gtest.h>

#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

v1::Campaign With(const std::vector<std::string>& sets) {
  EXPECT_EQ(Problems(kRichCampaign, sets), "");
  return ReadCampaignText(kRichCampaign, "f", sets).campaign;
}

TEST(CampaignOverrides, ReachListItemsByNameAndByIndex) {
  EXPECT_EQ(With({"targets.pg.postgres.port=6000"}).targets(2).postgres().port(), 6000u);
  EXPECT_EQ(With({"targets.2.postgres.port=6001"}).targets(2).postgres().port(), 6001u);
  EXPECT_EQ(With({"scenarios.mixed.operations.1.weight=7"}).scenarios(1).operations(1).weight(),
            7u);
  EXPECT_EQ(With({"scenarios.1.targets.1=lite"}).scenarios(1).targets(1), "lite");
}

TEST(CampaignOverrides, ReachNamesWithDots) {
  std::string text = kRichCampaign;
  text.replace(text.find("name: pg"), 8, "name: pg.15");
  text.replace(text.find("[pg, cosmos]"), 12, "[cosmos]");
  text.replace(text.find("target: pg"), 10, "target: cosmos");
  const std::vector<std::string> sets = {"targets.pg.15.postgres.port=6000"};
  EXPECT_EQ(Problems(text, sets), "");
  EXPECT_EQ(ReadCampaignText(text, "f", sets).campaign.targets(2).postgres().port(), 6000u);
}

TEST(CampaignOverrides, TakeYamlAsTheirValue) {
  const v1::Campaign campaign = With({"scenarios.mixed.targets=[lite, pg]", "seed=9"});
  EXPECT_EQ(campaign.scenarios(1).targets(0), "lite");
  EXPECT_EQ(campaign.seed(), 9u);
  EXPECT_EQ(With({"scenarios.mixed.shape={closed: {sessions: 3}}"})
                .scenarios(1)
                .shape()
                .closed()
                .sessions(),
            3u);
}

TEST(CampaignOverrides, MakeWhatIsMissingOnTheWay) {
  EXPECT_EQ(With({"scenarios.ingest.retry.cap=9s"}).scenarios(0).retry().cap().ns(), 9'000'000'000);
}

TEST(CampaignOverrides, AnEmptyValueRestoresTheDefault) {
  EXPECT_EQ(With({"seed="}).seed(), 1u);
  EXPECT_EQ(With({"targets.pg.postgres.port="}).targets(2).postgres().port(), 5432u);
}

TEST(CampaignOverrides, TheLastOneWins) { EXPECT_EQ(With({"seed=7", "seed=8"}).seed(), 8u); }

TEST(CampaignOverrides, ProblemsNameTheOption) {
  EXPECT_EQ(Problems(kRichCampaign, {"seed"}), "--set seed: expected path=value, such as seed=7");
  EXPECT_EQ(Problems(kRichCampaign, {"sede=7"}),
            "--set sede: unknown key 'sede'; did you mean 'seed'?");
  EXPECT_EQ(Problems(kRichCampaign, {"targets.pq.postgres.port=1"}),
            "--set targets.pq.postgres.port: no item 'pq' in the list; did you mean 'pg'?");
  EXPECT_EQ(Problems(kRichCampaign, {"datset.records=1"}),
            "--set datset.records: unknown key 'datset'; did you mean 'dataset'?");
  EXPECT_EQ(Problems(kRichCampaign, {"seed.x=1"}),
            "--set seed.x: there is a single value where 'x' should be");
  EXPECT_EQ(Problems(kRichCampaign, {"seed=[1"}),
            "--set seed: not valid YAML: end of sequence flow not found");
  EXPECT_EQ(Problems(kRichCampaign, {"targets.pg.postgres.port=x"}),
            "--set targets.pg.postgres.port: port: expected a whole number, found 'x'");
}

TEST(CampaignOverrides, ComeAfterTheProblemsOfTheFile) {
  EXPECT_EQ(Problems(WithScenario("    phases: {load: }\n    tmieout: 1s\n"), {"seed=x"}),
            "f:7:5: unknown key 'tmieout'; did you mean 'timeout'?\n"
            "--set seed: seed: expected a whole number, found 'x'");
}

}  // namespace
}  // namespace weir
