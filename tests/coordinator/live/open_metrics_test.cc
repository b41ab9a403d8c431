#include "coordinator/live/open_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "absl/strings/str_split.h"

#include "coordinator/live/run_metrics.h"
#include "tests/coordinator/live/live_rehearsal.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kGolden[] = R"(# TYPE weir_run info
# HELP weir_run What runs.
weir_run_info{run="a \"b\" \\ c\nd"} 1
# TYPE weir_things counter
# HELP weir_things Things.
weir_things_total{kind="x",of="y"} 18446744073709551615
weir_things_total 0.0025
# TYPE weir_wait_seconds gauge
# UNIT weir_wait_seconds seconds
# HELP weir_wait_seconds Waiting.
weir_wait_seconds +Inf
# TYPE weir_state stateset
# HELP weir_state State.
weir_state{weir_state="on"} 0
weir_state{weir_state="off"} 1
# EOF
)";

std::string Sample(MetricsFormat format) {
  OpenMetrics out(format);
  out.Family("weir_run", MetricType::kInfo, "", "What runs.");
  out.Sample({{"run", "a \"b\" \\ c\nd"}}, uint64_t{1});
  out.Family("weir_things", MetricType::kCounter, "", "Things.");
  out.Sample({{"kind", "x"}, {"of", "y"}}, std::numeric_limits<uint64_t>::max());
  out.Sample({}, 0.0025);
  out.Family("weir_wait_seconds", MetricType::kGauge, "seconds", "Waiting.");
  out.Sample({}, std::numeric_limits<double>::infinity());
  out.Family("weir_state", MetricType::kStateSet, "", "State.");
  out.States({"on", "off"}, "off");
  return out.Finish();
}

TEST(OpenMetrics, WritesTheFormatToTheLetter) {
  EXPECT_EQ(Sample(MetricsFormat::kOpenMetrics), kGolden);
}

TEST(OpenMetrics, NamesCountersInTheOlderFormatByTheirSamples) {
  const std::string text = Sample(MetricsFormat::kPrometheusText);
  EXPECT_THAT(text,
              HasSubstr("# TYPE weir_things_total counter\n# HELP weir_things_total Things."));
  EXPECT_THAT(text, HasSubstr("# TYPE weir_run_info gauge\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE weir_state gauge\n"));
  EXPECT_THAT(text, Not(HasSubstr("# UNIT")));
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
}

// Cumulative counts by the text of their bound.
std::map<std::string, uint64_t> BucketsOf(const Histogram& histogram) {
  OpenMetrics out(MetricsFormat::kOpenMetrics);
  out.Family("t_seconds", MetricType::kHistogram, "seconds", "T.");
  out.Buckets({{"a", "b"}}, histogram);
  const std::string text = out.Finish();
  std::map<std::string, uint64_t> buckets;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    const size_t le = line.find("le=\"");
    if (le == std::string::npos) continue;
    const size_t end = line.find('"', le + 4);
    buckets[line.substr(le + 4, end - le - 4)] = std::stoull(line.substr(line.find("} ") + 2));
  }
  return buckets;
}

TEST(OpenMetrics, CountsEveryValueInEveryBucketFromItsOwnOn) {
  Histogram histogram;
  histogram.RecordTimes(5'000, 1);                // 5 µs: below the first bound
  histogram.RecordTimes(900'000, 10);             // 0.9 ms
  histogram.RecordTimes(1'100'000, 100);          // 1.1 ms
  histogram.RecordTimes(150'000'000'000, 1'000);  // beyond the last
  const auto buckets = BucketsOf(histogram);
  EXPECT_EQ(buckets.size(), ResponseBoundsNs().size() + 1);
  EXPECT_EQ(buckets.at("0.00001"), 1u);
  EXPECT_EQ(buckets.at("0.0005"), 1u);
  EXPECT_EQ(buckets.at("0.001"), 11u);
  EXPECT_EQ(buckets.at("0.002"), 111u);
  EXPECT_EQ(buckets.at("1.0"), 111u);
  EXPECT_EQ(buckets.at("100.0"), 111u);
  EXPECT_EQ(buckets.at("+Inf"), 1111u);
}

TEST(RunMetrics, CountsTheWholeRunByScenarioTargetPhaseAndOperation) {
  const v1::RunResult run = LiveSample();
  LiveRun live(200);
  live.RunChanged(run);
  live.StepBegins(0, v1::TASK_DRIVE);
  live.StageBegins(run.legs(0), v1::PHASE_MEASURE, 5000);
  live.Second(run.legs(0), SecondOf(2, v1::PHASE_MEASURE, 100, 2'000'000, 3), 0);
  live.Second(run.legs(0), SecondOf(3, v1::PHASE_MEASURE, 100, 2'000'000, 4), 0);
  const std::string text = RunMetrics(live, MetricsFormat::kOpenMetrics);
  const std::string of = R"({scenario="mixed",target="left",phase="measure",operation="read")";
  for (const std::string& line :
       {"weir_operations_total" + of + R"(,outcome="ok"} 200)",
        "weir_operations_total" + of + R"(,outcome="failed"} 7)",
        "weir_request_units_total" + of + "} 500", "weir_sent_bytes_total" + of + "} 2000",
        "weir_response_time_seconds_bucket" + of + R"(,le="0.001"} 0)",
        "weir_response_time_seconds_bucket" + of + R"(,le="0.005"} 200)",
        "weir_response_time_seconds_count" + of + "} 200",
        std::string(R"(weir_agent_operations_total{agent="agent-1"} 100)"),
        std::string(R"(weir_agent_cpu_seconds_total{agent="agent-1"} 0.5)"),
        std::string(R"(weir_provisioned_request_units_per_second{target="left"} 1000)"),
        std::string(R"(weir_run_state{weir_run_state="running"} 1)"),
        std::string(R"(weir_stage_running{scenario="mixed",target="left",stage="drive"} 1)")}) {
    EXPECT_THAT(text, HasSubstr(line + "\n"));
  }
}

TEST(RunMetrics, GivesNoTargetTheThroughputOfTheOneBefore) {
  const v1::RunResult run = LiveSample();
  LiveRun live(200);
  live.RunChanged(run);
  live.StageBegins(run.legs(0), v1::PHASE_MEASURE, 5000);
  live.Second(run.legs(0), SecondOf(2, v1::PHASE_MEASURE, 100, 2'000'000), 0);
  live.StepBegins(1, v1::TASK_SET_UP);
  const std::string text = RunMetrics(live, MetricsFormat::kOpenMetrics);
  EXPECT_THAT(text, Not(HasSubstr(R"(weir_provisioned_request_units_per_second{target="right"})")));
}

TEST(RunMetrics, ShowsNoStageAndNoTimeLeftAfterTheEnd) {
  v1::RunResult run = LiveSample();
  LiveRun live(200);
  live.RunChanged(run);
  live.StageBegins(run.legs(0), v1::PHASE_MEASURE, 5000);
  run.set_state(v1::RUN_STATE_ABORTED);
  live.RunChanged(run);
  const std::string text = RunMetrics(live, MetricsFormat::kOpenMetrics);
  EXPECT_THAT(text, Not(HasSubstr("weir_stage_running{")));
  EXPECT_THAT(text, HasSubstr("weir_run_left_seconds 0\n"));
}

TEST(RunMetrics, TellsAgentsOfTheSameNameApart) {
  v1::RunResult run = LiveSample();
  run.mutable_agents(1)->set_name("agent-0");
  LiveRun live(200);
  live.RunChanged(run);
  const std::string text = RunMetrics(live, MetricsFormat::kOpenMetrics);
  EXPECT_THAT(text, HasSubstr(R"(weir_agent_operations_total{agent="agent-0#0"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(weir_agent_operations_total{agent="agent-0#1"} 0)"));
}

TEST(RunMetrics, WritesEveryFamilyOnceAndEndsWithTheEnd) {
  LiveRun live(200);
  live.RunChanged(LiveSample());
  const std::string text = RunMetrics(live, MetricsFormat::kOpenMetrics);
  std::map<std::string, int> families;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    if (line.rfind("# TYPE ", 0) == 0) ++families[line];
  }
  for (const auto& [family, times] : families) EXPECT_EQ(times, 1) << family;
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

}  // namespace
}  // namespace weir
