#include <gtest/gtest.h>

#include "reports/leg_text.h"
#include "reports/report.h"
#include "tests/reports/sample_run.h"

namespace weir {
namespace {

class ThresholdsTest : public ::testing::Test {
 protected:
  ThresholdsTest() : run_(test::SampleRun()) {
    for (v1::Scenario& scenario : *run_.mutable_campaign()->mutable_scenarios()) {
      scenario.clear_thresholds();
    }
  }

  v1::Threshold* Add(const char* metric, const char* operation = "", const char* target = "",
                     int scenario = 0) {
    v1::Threshold* threshold =
        run_.mutable_campaign()->mutable_scenarios(scenario)->add_thresholds();
    threshold->set_metric(metric);
    threshold->set_operation(operation);
    threshold->set_target(target);
    return threshold;
  }

  v1::RunResult run_;
};

TEST_F(ThresholdsTest, JudgesEveryTargetAndOperationThatAreLeftOut) {
  Add("throughput_ops_per_s")->set_at_least(0);
  const auto results = JudgeThresholds(run_);
  EXPECT_EQ(results.size(), 2u * 4);
  for (const auto& result : results) EXPECT_TRUE(result.known() && result.met());
}

TEST_F(ThresholdsTest, JudgesOnlyTheTargetAndOperationNamed) {
  Add("response_p50_us", "read", "postgres")->set_at_most(1e6);
  const auto results = JudgeThresholds(run_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].operation(), "read");
  EXPECT_EQ(results[0].target(), "postgres");
}

TEST_F(ThresholdsTest, LimitsIncludeTheLimitItself) {
  Add("duration_s", "read", "postgres")->set_at_most(60);
  EXPECT_TRUE(JudgeThresholds(run_)[0].met());
  Add("duration_s", "read", "postgres")->set_at_most(59.9);
  EXPECT_FALSE(JudgeThresholds(run_)[1].met());
  Add("duration_s", "read", "postgres")->set_at_least(60);
  EXPECT_TRUE(JudgeThresholds(run_)[2].met());
  Add("duration_s", "read", "postgres")->set_at_least(60.1);
  EXPECT_FALSE(JudgeThresholds(run_)[3].met());
}

TEST_F(ThresholdsTest, TooFewSamplesMiss) {
  Add("response_p9999_us", "level_counts", "postgres")->set_at_most(1e9);
  const auto results = JudgeThresholds(run_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_FALSE(results[0].known());
  EXPECT_FALSE(results[0].met());
}

TEST_F(ThresholdsTest, AQuantileAmongFailuresMisses) {
  Add("response_p99_us", "insert", "cosmos")->set_at_most(1e9);
  const auto results = JudgeThresholds(run_);
  EXPECT_TRUE(results[0].known());
  EXPECT_FALSE(results[0].met());
}

TEST_F(ThresholdsTest, RequestUnitsAreNotJudgedWhereThereAreNone) {
  Add("ru_per_operation", "read")->set_at_most(100);
  const auto results = JudgeThresholds(run_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].target(), "cosmos");
}

TEST_F(ThresholdsTest, TheLoadIsJudgedByItsName) {
  Add("records_per_s", "load", "postgres")->set_at_least(1000);
  const auto results = JudgeThresholds(run_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_TRUE(results[0].met());
}

TEST_F(ThresholdsTest, ResponseTimesOfAClosedLoopAreNeverMet) {
  Add("response_p99_us", "read", "postgres", 1)->set_at_most(1e9);
  const auto results = JudgeThresholds(run_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_FALSE(results[0].known());
  EXPECT_FALSE(results[0].met());
  EXPECT_TRUE(IsBlocked(run_, results[0]));
  EXPECT_EQ(ThresholdWord(run_, results[0]), "not judged");
  EXPECT_EQ(ThresholdValueText(run_, results[0]),
            "not judged: a closed loop's response times omit queueing");
}

TEST_F(ThresholdsTest, TheThroughputOfAClosedLoopIsJudged) {
  Add("throughput_ops_per_s", "read", "postgres", 1)->set_at_least(1);
  const auto results = JudgeThresholds(run_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_TRUE(results[0].met());
  EXPECT_EQ(ThresholdWord(run_, results[0]), "met");
}

TEST_F(ThresholdsTest, ALegThatNeverRanMisses) {
  Add("error_share", "read", "postgres")->set_at_most(1);
  run_.mutable_legs(0)->clear_results();
  const auto results = JudgeThresholds(run_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_FALSE(results[0].met());
}

}  // namespace
}  // namespace weir
