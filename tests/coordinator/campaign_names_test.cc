#include "coordinator/cli/campaign_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

std::string NameProblems(const std::vector<std::string>& sets) {
  CampaignReading reading = ReadCampaignText(kRichCampaign, "f", sets);
  EXPECT_TRUE(reading.problems.empty()) << Problems(kRichCampaign, sets);
  CheckCampaignNames(&reading);
  return absl::StrJoin(reading.problems, "\n", [](std::string* out, const Problem& problem) {
    absl::StrAppend(out, ToString(problem));
  });
}

TEST(CampaignNames, ArePartOfTheDataset) {
  EXPECT_EQ(NameProblems({}), "");
  EXPECT_EQ(
      NameProblems({"scenarios.mixed.operations.2.query=recent_erors"}),
      "--set scenarios.mixed.operations.2.query: query: logs has no query 'recent_erors'; did "
      "you mean 'recent_errors'?");
  EXPECT_EQ(
      NameProblems({"targets.cosmos.cosmos.partition_key=tenant"}),
      "--set targets.cosmos.cosmos.partition_key: partition_key: 'tenant' is no field of logs; "
      "there are: id, timestamp, service, region, host, level, trace_id, user_id, method, "
      "path, status, latency_us, …");
}

TEST(CampaignNames, StandAtTheirPlaceInTheFile) {
  std::string text = kRichCampaign;
  text.replace(text.find("query: recent_errors"), 20, "query: recent_error");
  CampaignReading reading = ReadCampaignText(text, "f", {});
  CheckCampaignNames(&reading);
  ASSERT_EQ(reading.problems.size(), 1u);
  EXPECT_EQ(ToString(reading.problems[0]),
            "f:39:28: query: logs has no query 'recent_error'; did you mean 'recent_errors'?");
}

TEST(CampaignNames, OfMetricsAreColumnsOfTheSummary) {
  const std::string problem = NameProblems({"scenarios.mixed.thresholds.0.metric=response_p99_ms"});
  EXPECT_NE(problem.find("metric: "), std::string::npos) << problem;
  EXPECT_NE(problem.find("response_p99_us"), std::string::npos) << problem;
}

TEST(CampaignNames, RefuseAResponseTimeAsLimitOfAClosedLoop) {
  const std::vector<std::string> closed = {"scenarios.mixed.shape={closed: {sessions: 4}}",
                                           "scenarios.mixed.thresholds.0.metric=response_p99_us"};
  EXPECT_THAT(NameProblems(closed), ::testing::HasSubstr("a closed loop: its response times omit"));
}

TEST(CampaignNames, AreCheckedBesideOtherProblems) {
  CampaignReading reading = ReadCampaignText(
      kRichCampaign, "f", {"dataset.records=0", "scenarios.mixed.operations.2.query=x"});
  CheckCampaignNames(&reading);
  EXPECT_EQ(reading.problems.size(), 2u);
}

}  // namespace
}  // namespace weir
