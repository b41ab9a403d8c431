#include "reports/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "absl/strings/match.h"

#include "reports/report.h"
#include "reports/summary_columns.h"
#include "tests/reports/golden.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest()
      : row_{.run = run_,
             .leg = leg_,
             .phase = v1::PHASE_MEASURE,
             .facts = nullptr,
             .operation = "read",
             .seconds = 10,
             .timeout_us = 30e6,
             .tally = {}} {}

  // `count` operations that took `ms`.
  void Succeed(uint64_t count, double ms) {
    row_.tally.counts().set_planned(row_.tally.counts().planned() + count);
    row_.tally.counts().set_ok(row_.tally.counts().ok() + count);
    row_.tally.response.RecordTimes(static_cast<uint64_t>(ms * 1e6), count);
  }

  std::string Human(const char* metric) {
    return HumanText(*FindMetric(metric), ValueOf(metric, row_), row_.timeout_us);
  }
  std::string Machine(const char* metric) {
    return MachineText(*FindMetric(metric), ValueOf(metric, row_));
  }

  v1::RunResult run_;
  v1::Leg leg_;
  ResultRow row_;
};

TEST(MetricTable, NamesAreUniqueAmongAllColumns) {
  std::set<absl::string_view> names;
  for (const Metric& metric : Metrics()) EXPECT_TRUE(names.insert(metric.name).second);
  for (const IdentityColumn& column : IdentityColumns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
  }
}

TEST(MetricTable, NamesEndWithTheirUnit) {
  const auto ends_as_it_should = [](const Metric& metric) {
    switch (metric.unit) {
      case Unit::kMicroseconds:
        return absl::EndsWith(metric.name, "_us");
      case Unit::kPerSecond:
      case Unit::kRuPerSecond:
        return absl::EndsWith(metric.name, "_per_s");
      case Unit::kShare:
        return absl::EndsWith(metric.name, "_share");
      case Unit::kSeconds:
        return absl::EndsWith(metric.name, "_s");
      case Unit::kRu:
        return absl::StartsWith(metric.name, "ru_");
      case Unit::kBytes:
        return absl::StartsWith(metric.name, "bytes_");
      case Unit::kCount:
        return !absl::EndsWith(metric.name, "_s");
    }
    return false;
  };
  for (const Metric& metric : Metrics()) EXPECT_TRUE(ends_as_it_should(metric)) << metric.name;
}

TEST(MetricTable, DocumentationOfTheCsvIsUpToDate) {
  test::ExpectMatchesFile(SummaryCsvReference(), "docs/summary-csv.md");
}

TEST_F(MetricsTest, QuantilesAreOverAllPlannedOperations) {
  Succeed(98'000, 2);
  row_.tally.counts().set_timed_out(2'000);
  row_.tally.counts().set_planned(100'000);
  EXPECT_EQ(Human("response_p50_us"), "2.00 ms");
  EXPECT_EQ(Human("response_p99_us"), "> 30 s") << "2 % timed out";
  EXPECT_EQ(Machine("response_p99_us"), "inf");
  EXPECT_EQ(Human("ok_response_p99_us"), "2.00 ms");
}

TEST_F(MetricsTest, OperationsLostWithTheirAgentAreSlowToo) {
  Succeed(98'000, 2);
  row_.tally.counts().set_planned(100'000);
  EXPECT_EQ(Machine("lost"), "2000");
  EXPECT_EQ(Machine("response_p99_us"), "inf");
  EXPECT_EQ(Machine("error_share"), "0.020000");
}

TEST_F(MetricsTest, ExactlyOnePercentOfFailuresLeavesP99Finite) {
  Succeed(99'000, 2);
  row_.tally.counts().set_failed(1'000);
  row_.tally.counts().set_planned(100'000);
  EXPECT_EQ(Human("response_p99_us"), "2.00 ms");
  EXPECT_EQ(Machine("response_p999_us"), "inf");
}

TEST_F(MetricsTest, AQuantileNeedsAHundredOperationsBeyondIt) {
  Succeed(9'999, 2);
  EXPECT_EQ(Machine("response_p99_us"), "");
  EXPECT_EQ(Human("response_p99_us"), "–");
  Succeed(1, 2);
  EXPECT_NE(Machine("response_p99_us"), "");
}

TEST_F(MetricsTest, RatesAreOverThePhase) {
  Succeed(12'345, 2);
  EXPECT_EQ(Machine("throughput_ops_per_s"), "1234.500");
  EXPECT_EQ(Human("throughput_ops_per_s"), "1,234 /s");
  row_.seconds = 0;
  EXPECT_EQ(Machine("throughput_ops_per_s"), "") << "a phase of unknown length has no rate";
}

TEST_F(MetricsTest, RequestUnitsExistOnlyWhereTheTargetHasThem) {
  Succeed(1'000, 2);
  EXPECT_EQ(Machine("ru_total"), "");
  leg_.set_charge_basis("modelled, not Azure's meter");
  row_.tally.counts().set_milli_ru(9'710'000);
  EXPECT_EQ(Machine("ru_total"), "9710.000");
  EXPECT_EQ(Machine("ru_per_operation"), "9.710");
  EXPECT_EQ(Human("ru_per_s"), "971 RU/s");
}

TEST(CheckThresholdMetric, AcceptsEveryMetric) {
  for (const Metric& metric : Metrics()) {
    EXPECT_EQ(CheckThresholdMetric(std::string(metric.name)), "");
  }
}

TEST(CheckThresholdMetric, SuggestsTheNearestName) {
  EXPECT_THAT(CheckThresholdMetric("reponse_p99_us"),
              HasSubstr("did you mean \"response_p99_us\"?"));
  EXPECT_THAT(CheckThresholdMetric("throughput"), HasSubstr("throughput_ops_per_s"));
  EXPECT_NE(CheckThresholdMetric(""), "");
}

}  // namespace
}  // namespace weir
