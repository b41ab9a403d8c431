#include "coordinator/cli/plan_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

#include "coordinator/cli/operation_counts.h"
#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Campaign Read(const std::vector<std::string>& sets = {}) {
  CampaignReading reading = ReadCampaignText(kRichCampaign, "f", sets);
  EXPECT_TRUE(reading.problems.empty()) << Problems(kRichCampaign, sets);
  return reading.campaign;
}

OperationCounts CountsOf(const v1::Campaign& campaign) {
  const auto dataset = MakeDataset(campaign.dataset(), campaign.seed());
  return *CountOperations(campaign, campaign.scenarios(1), **dataset);
}

constexpr char kConstant[] = "scenarios.mixed.shape={open: {rate: 100/s, arrivals: constant}}";

TEST(OperationCounts, FollowScheduleAndWeights) {
  const OperationCounts counts =
      CountsOf(Read({kConstant, "scenarios.mixed.phases={warm_up: 2s, measure: 8s}"}));
  EXPECT_TRUE(counts.exact);
  EXPECT_EQ(counts.operations, 1000u);
  EXPECT_EQ(counts.busiest_second, 100u);
  ASSERT_EQ(counts.counts.size(), 4u);
  // Weights 8, 1, 1, 1: every block of 11 operations has 8 reads.
  EXPECT_NEAR(static_cast<double>(counts.counts[0].total()), 727, 8);
  EXPECT_NEAR(static_cast<double>(counts.counts[1].total()), 91, 1);
  uint64_t warm_up = 0;
  uint64_t total = 0;
  for (const PlannedCounts& of_type : counts.counts) {
    warm_up += of_type.warm_up;
    total += of_type.total();
  }
  EXPECT_EQ(warm_up, 200u);
  EXPECT_EQ(total, 1000u);
}

TEST(OperationCounts, OfALongPlanAreSharedOutByWeight) {
  const OperationCounts counts =
      CountsOf(Read({kConstant, "scenarios.mixed.phases={warm_up: 0s, measure: 10h}",
                     "scenarios.mixed.operations.0.weight=1"}));
  EXPECT_FALSE(counts.exact);
  EXPECT_EQ(counts.operations, 3'600'000u);
  EXPECT_EQ(counts.counts[3].measure, 900'000u);
}

TEST(OperationCounts, AClosedLoopHasNone) {
  const OperationCounts counts = CountsOf(Read({"scenarios.mixed.shape={closed: {sessions: 4}}"}));
  EXPECT_EQ(counts.types.size(), 4u);
  EXPECT_TRUE(counts.counts.empty());
}

TEST(Plan, SaysWhatALoadWrites) {
  const std::string text = *PlanText(Read(), 200);
  EXPECT_THAT(text, HasSubstr("rich: 5,000 records of logs, about "));
  EXPECT_THAT(text, HasSubstr("ingest on nothing, lite, pg, cosmos\n"));
  EXPECT_THAT(text, HasSubstr("load: 50 operations of 100 records on 4 sessions"));
  EXPECT_THAT(text, HasSubstr("6 legs, 3 min 6 s of warm-up and measuring, and 4 loads"));
}

TEST(Plan, SaysThatRequestUnitsAreModelled) {
  EXPECT_THAT(*PlanText(Read(), 200),
              HasSubstr("Request units are modelled from published measurements; they are not "
                        "Azure's meter."));
  EXPECT_THAT(*PlanText(Read({"scenarios.mixed.targets=[pg]", "scenarios.mixed.thresholds="}), 200),
              HasSubstr("mixed on pg\n"));
}

TEST(Plan, JudgesTheProvisionedThroughput) {
  const std::string rate = "scenarios.mixed.shape={open: {rate: ";
  EXPECT_THAT(*PlanText(Read({rate + "50/s}}"}), 300),
              HasSubstr("the provisioned 4,000 RU/s suffices\n"));
  EXPECT_THAT(*PlanText(Read({rate + "5000/s}}"}), 300),
              HasSubstr("the provisioned 4,000 RU/s is too little: expect throttling"));
}

TEST(Plan, SaysHowOperationsArrive) {
  const std::string bursts =
      "scenarios.mixed.shape={open: {rate: 50/s, arrivals: burst, burst: {factor: 8}}}";
  EXPECT_THAT(*PlanText(Read({bursts}), 300),
              HasSubstr("open loop at 50/s when calm, 8 times that in bursts, Poisson arrivals (on "
                        "average 10s calm, 1s burst), 32 sessions"));
}

TEST(Plan, FitsItsWidthAndIsTheSameEachTime) {
  const std::string text = *PlanText(Read(), 80);
  EXPECT_EQ(text, *PlanText(Read(), 80));
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    EXPECT_LE(line.size(), 90u) << std::string(line);  // some characters have several bytes
  }
}

}  // namespace
}  // namespace weir
