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

TEST(MetricTable, NoNameSaysLatencyWithoutSayingWhich) {
  for (const Metric& metric : Metrics()) {
    EXPECT_FALSE(absl::StrContains(metric.name, "latency")) << metric.name;
    EXPECT_FALSE(absl::StrContains(metric.doc, "atency")) << metric.name;
  }
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
  EXPECT_EQ(Machine("unaccounted"), "2000");
  row_.tally.counts().set_lost(2'000);
  EXPECT_EQ(Machine("lost"), "2000");
  EXPECT_EQ(Machine("unaccounted"), "0");
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

TEST_F(MetricsTest, DispatchResponseIsOverTheSameOperationsAsResponse) {
  Succeed(98'000, 2);
  row_.tally.dispatch_response.RecordTimes(1'500'000, 98'000);
  row_.tally.counts().set_timed_out(2'000);
  row_.tally.counts().set_planned(100'000);
  EXPECT_EQ(Human("dispatch_response_p50_us"), "1.50 ms");
  EXPECT_EQ(Human("dispatch_response_p99_us"), "> 30 s");
}

TEST_F(MetricsTest, OfferedAndAchievedRateDifferByWhatWasNeverSent) {
  row_.tally.counts().set_planned(1'000);
  row_.tally.counts().set_attempts(1'100);
  row_.tally.counts().set_retries(150);
  EXPECT_EQ(Machine("issued"), "950");
  EXPECT_EQ(Human("planned_ops_per_s"), "100 /s");
  EXPECT_EQ(Human("issued_ops_per_s"), "95 /s");
}

TEST_F(MetricsTest, ServerTimeIsEmptyWhereTheServerDoesNotTell) {
  Succeed(10'000, 2);
  EXPECT_EQ(Machine("server_time_p50_us"), "");
  row_.tally.server_time.RecordTimes(1'000'000, 10'000);
  EXPECT_EQ(Human("server_time_p50_us"), "1.00 ms");
}

TEST_F(MetricsTest, ValuesBeyondTheHistogramAreCounted) {
  row_.tally.response.Record(uint64_t{7'200} * 1'000'000'000);
  EXPECT_EQ(Machine("overflow"), "1");
}

TEST_F(MetricsTest, CpuOfProcessesSeenByAgentsOfOneMachineCountsOnce) {
  v1::PhaseResult* result = leg_.add_results();
  result->set_phase(v1::PHASE_MEASURE);
  result->mutable_total()->set_ok(1'000);
  EXPECT_EQ(Machine("agent_cpu_per_operation_us"), "") << "nobody measured it";
  for (const uint32_t agent : {0, 1, 2}) {
    v1::AgentFacts* facts = run_.add_agents();
    facts->set_index(agent);
    facts->set_host(agent == 2 ? "b" : "a");
    leg_.add_resources()->set_process_cpu_ns(20'000'000);
    v1::ProcessSample* process = leg_.add_processes();
    process->set_agent(agent);
    process->set_name("postgres");
    process->set_cpu_ns(300'000'000);
  }
  EXPECT_EQ(Human("agent_cpu_per_operation_us"), "60.0 µs");
  EXPECT_EQ(Human("database_cpu_per_operation_us"), "600 µs") << "two machines";
  row_.phase = v1::PHASE_LOAD;
  EXPECT_EQ(Machine("agent_cpu_per_operation_us"), "");
}

class CheckThresholdTest : public ::testing::Test {
 protected:
  CheckThresholdTest() { scenario_.mutable_phases()->mutable_measure()->set_ns(1); }

  std::string Check(absl::string_view metric, const char* operation = "") {
    v1::Threshold threshold;
    threshold.set_metric(std::string(metric));
    threshold.set_operation(operation);
    return CheckThreshold(scenario_, threshold);
  }

  v1::Scenario scenario_;
};

TEST_F(CheckThresholdTest, AcceptsEveryMetricOfAnOpenLoop) {
  for (const Metric& metric : Metrics()) EXPECT_EQ(Check(metric.name), "");
}

TEST_F(CheckThresholdTest, SuggestsTheNearestName) {
  EXPECT_THAT(Check("reponse_p99_us"), HasSubstr("did you mean \"response_p99_us\"?"));
  EXPECT_THAT(Check("throughput"), HasSubstr("throughput_ops_per_s"));
  EXPECT_NE(Check(""), "");
}

TEST_F(CheckThresholdTest, RefusesResponseTimesOfAClosedLoop) {
  scenario_.mutable_shape()->mutable_closed();
  for (const char* metric : {"response_p99_us", "ok_response_p50_us", "dispatch_response_p99_us"}) {
    EXPECT_THAT(Check(metric), HasSubstr("omit queueing")) << metric;
  }
  EXPECT_EQ(Check("throughput_ops_per_s"), "");
  EXPECT_EQ(Check("service_p99_us"), "");
}

TEST_F(CheckThresholdTest, RefusesResponseTimesOfTheLoad) {
  EXPECT_THAT(Check("response_p50_us", "load"), HasSubstr("the load phase, a closed loop"));
  EXPECT_EQ(Check("records_per_s", "load"), "");
}

}  // namespace
}  // namespace weir
