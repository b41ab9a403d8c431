#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "measure/tally.h"
#include "reports/comparison.h"
#include "reports/disclosure.h"
#include "reports/report.h"
#include "tests/reports/comparison_fixture.h"
#include "tests/reports/golden.h"
#include "tests/reports/sample_evidence.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class HtmlReportTest : public ::testing::Test {
 protected:
  HtmlReportTest() : store_(*OpenResultsStore(folder_.File("results.db"))) {
    EXPECT_TRUE(test::SaveSampleRun(*store_).ok());
  }

  std::string Html(const v1::RunResult& run) {
    const std::string path = folder_.File("report.html");
    const absl::Status status = WriteHtmlReport(*store_, run, path);
    EXPECT_TRUE(status.ok()) << status;
    return test::ReadWhole(path);
  }

  static nlohmann::json Data(const std::string& html) {
    const std::string opening = "<script type=\"application/json\" id=\"data\">";
    const size_t begin = html.find(opening) + opening.size();
    return nlohmann::json::parse(html.substr(begin, html.find("</script>", begin) - begin));
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<ResultsStore> store_;
};

TEST_F(HtmlReportTest, StrangersTextNeverBecomesMarkup) {
  v1::RunResult run = test::SampleRun();
  run.mutable_campaign()->set_name(test::kHostileMarkup);
  const std::string html = Html(run);
  EXPECT_EQ(CountOf(html, "</script"), 2) << "the data's and the script's own";
  EXPECT_THAT(html, Not(HasSubstr("<b onclick")));
  EXPECT_THAT(html, HasSubstr("<title>&lt;/script&gt;&lt;b onclick"));
}

TEST_F(HtmlReportTest, TheDataSurviveTheirEscaping) {
  const v1::RunResult run = test::SampleRun();
  const nlohmann::json data = Data(Html(run));
  EXPECT_EQ(data["run"]["campaign_text"], run.campaign_text());
  EXPECT_EQ(data["errors"][3]["detail"], test::kHostileMarkup);
}

TEST_F(HtmlReportTest, NothingIsLoadedFromAnywhere) {
  const std::string html = Html(test::SampleRun());
  EXPECT_THAT(html, HasSubstr("content=\"default-src 'none'; style-src 'sha256-"));
  for (const char* loads : {" src=", "<link", "@import", "url(", "unsafe-inline", "fetch("}) {
    EXPECT_THAT(html, Not(HasSubstr(loads)));
  }
}

// In each round the targets run in an order of their own.
TEST_F(HtmlReportTest, TargetsStandInTheOrderOfTheCampaign) {
  v1::RunResult run =
      test::ComparedRun{.rounds = 10, .ok_per_second = [](uint32_t, bool) { return 50; }}.Make();
  ASSERT_EQ(run.legs(18).target(), "slow");
  run.set_id("compared");
  *run.mutable_comparison() = CompareRounds(run);
  const nlohmann::json targets = Data(Html(run))["scenarios"][0]["targets"];
  ASSERT_EQ(targets.size(), 2);
  EXPECT_EQ(targets[0]["name"], "direct");
  EXPECT_EQ(targets[1]["name"], "slow");
}

TEST_F(HtmlReportTest, RequestUnitsSayWhereTheyComeFrom) {
  const nlohmann::json cosmos = Data(Html(test::SampleRun()))["scenarios"][0]["targets"][1];
  EXPECT_EQ(cosmos["charge_basis"], "modelled, not Azure's meter");
  EXPECT_EQ(cosmos["provisioned_ru"], 6000);
}

TEST_F(HtmlReportTest, LinesCoverEverySecondOfTheStage) {
  const nlohmann::json target = Data(Html(test::SampleRun()))["scenarios"][0]["targets"][0];
  EXPECT_EQ(target["series"]["drive"]["read"]["ok"].size(), 65u);
  EXPECT_EQ(target["series"]["load"]["records"].size(), 9u);
  EXPECT_EQ(target["curves"]["read"].size(), 46u) << "1/(1 − q) up to 19,2xx ÷ 100";
}

TEST_F(HtmlReportTest, ASecondInWhichMoreThanOnePercentFailedHasNo99thPercentile) {
  const nlohmann::json target = Data(Html(test::SampleRun()))["scenarios"][0]["targets"][1];
  EXPECT_EQ(target["series"]["response"]["insert"]["p99"][35], "inf");
  EXPECT_TRUE(target["series"]["response"]["insert"]["p99"][10].is_number());
}

// Every operation of a leg's stages that were driven, in one histogram.
Histogram ResponsesOf(const ResultsStore& store, const std::string& run, uint32_t leg) {
  Tally all;
  const auto add = [&all](v1::Phase stage, const v1::Interval& interval) {
    if (stage == v1::PHASE_LOAD) return absl::OkStatus();
    for (const v1::OperationInterval& operation : interval.operations()) {
      if (absl::Status added = all.Add(operation.tally()); !added.ok()) return added;
    }
    return absl::OkStatus();
  };
  EXPECT_TRUE(store.ForEachInterval(run, leg, add).ok());
  return all.response;
}

TEST_F(HtmlReportTest, TheHeatMapHoldsEveryResponseInTheRowOfItsTime) {
  const v1::RunResult run = test::SampleRun();
  const nlohmann::json heat = Data(Html(run))["scenarios"][0]["targets"][1]["heat"];
  std::vector<uint64_t> rows(heat["rows"].get<size_t>());
  for (const nlohmann::json& column : heat["columns"]) {
    ASSERT_EQ(column.size(), rows.size());
    for (size_t row = 0; row < rows.size(); ++row) rows[row] += column[row].get<uint64_t>();
  }
  std::vector<uint64_t> expected(rows.size());
  ResponsesOf(*store_, run.id(), run.legs(1).index())
      .ForEachBucket([&](uint64_t ns, uint64_t count) {
        size_t row = 0;  // an eighth of a decade each, from 10^(first/8) µs on
        const double first = heat["first_row"].get<double>();
        while (static_cast<double>(ns) >=
               1e3 * std::pow(10, (first + static_cast<double>(row) + 1) / 8)) {
          ++row;
        }
        ASSERT_LT(row, expected.size());
        expected[row] += count;
      });
  EXPECT_EQ(rows, expected);
  EXPECT_GT(rows.front(), 0u);
  EXPECT_GT(rows.back(), 0u);
}

TEST_F(HtmlReportTest, GatesThatFailedStandFirst) {
  v1::RunResult run = test::SampleRun();
  test::SpoilSampleRun(true, &run);
  const nlohmann::json data = Data(Html(run));
  EXPECT_EQ(data["run"]["validity"], "UNVERIFIED");
  EXPECT_EQ(data["run"]["overridden"][0], "core_cpu");
  const nlohmann::json& gates = data["scenarios"][0]["targets"][0]["trust"]["gates"];
  ASSERT_EQ(gates.size(), 14u);
  EXPECT_EQ(gates[0]["name"], "core CPU");
  EXPECT_EQ(gates[0]["agent"], "agent-1");
  EXPECT_TRUE(gates[0]["overridden"]);
  EXPECT_THAT(gates[0]["advice"].get<std::string>(), HasSubstr("more cores"));
  EXPECT_TRUE(gates[1]["passed"]);
}

TEST_F(HtmlReportTest, ABrokenConservationEquationIsSaidAloud) {
  v1::RunResult run = test::SampleRun();
  const auto conservation = [&] {
    return Data(Html(run))["scenarios"][0]["targets"][0]["trust"]["conservation"];
  };
  EXPECT_TRUE(conservation()["holds"]);
  v1::Tally* total = run.mutable_legs(0)->mutable_results(5)->mutable_total();
  ASSERT_EQ(run.legs(0).results(5).phase(), v1::PHASE_MEASURE);
  total->set_planned(total->planned() + 3);
  EXPECT_FALSE(conservation()["holds"]);
  EXPECT_THAT(conservation()["text"].get<std::string>(), HasSubstr("3 UNACCOUNTED FOR"));
}

TEST_F(HtmlReportTest, NodesAreNamedWhereAPlatformTells) {
  v1::RunResult run = test::SampleRun();
  run.mutable_agents(0)->clear_platform();
  run.mutable_agents(2)->clear_platform();
  const nlohmann::json agents = Data(Html(run))["agents"];
  EXPECT_EQ(agents[0]["node"], "");
  EXPECT_EQ(agents[1]["node"], "worker-3 (kubernetes)");
  EXPECT_EQ(agents[2]["node"], "worker-3");
}

TEST_F(HtmlReportTest, AgentsStandBesideEachOtherWithSkewClockAndDrift) {
  v1::RunResult run = test::SampleRun();
  test::SpoilSampleRun(false, &run);
  const nlohmann::json agents = Data(Html(run))["scenarios"][0]["targets"][0]["trust"]["agents"];
  ASSERT_EQ(agents.size(), 3u);
  EXPECT_EQ(agents[1]["agent"], "agent-1");
  EXPECT_TRUE(agents[1]["outlier"]);
  EXPECT_FALSE(agents[2]["outlier"]);
  EXPECT_EQ(agents[1]["skew"], "124 µs ± 44.0 µs");
  EXPECT_EQ(agents[1]["clock"], "12.0 µs ± 41.0 µs");
  EXPECT_EQ(agents[1]["drift"], "0.1 ppm");
}

TEST_F(HtmlReportTest, SteadinessComesWithItsCutAndChanges) {
  const nlohmann::json targets = Data(Html(test::SampleRun()))["scenarios"][0]["targets"];
  EXPECT_EQ(targets[0]["steadiness"]["cut"], 5);
  const nlohmann::json& cosmos = targets[1]["steadiness"];
  EXPECT_THAT(cosmos["text"].get<std::string>(), StartsWith("NOT STEADY: "));
  EXPECT_EQ(cosmos["changes"][0]["text"], "+775 %");
  EXPECT_EQ(cosmos["changes"][0]["second"], 30);
}

TEST_F(HtmlReportTest, WaitsAreSharesOfTheSamplesAndTheLongestStandsFirst) {
  const nlohmann::json limit = Data(Html(test::SampleRun()))["scenarios"][0]["targets"][0]["limit"];
  EXPECT_EQ(limit["place"], "none");
  EXPECT_EQ(limit["waits"][0]["name"], "CPU");
  EXPECT_EQ(limit["waits"][1]["text"], "34.9 %");
  EXPECT_EQ(limit["events"][0]["what"], "checkpoint (timed)");
  EXPECT_EQ(limit["counters"][0]["text"], "26.2 MiB");
}

TEST_F(HtmlReportTest, TheBusiestPartitionStandsFirst) {
  const nlohmann::json limit = Data(Html(test::SampleRun()))["scenarios"][0]["targets"][1]["limit"];
  ASSERT_EQ(limit["partitions"].size(), 2u);
  EXPECT_EQ(limit["partitions"][0]["share_text"], "68.0 %");
  EXPECT_GT(limit["partitions"][0]["throttled"], 0.05);
  EXPECT_EQ(limit["utilisation"].get<std::string>().substr(0, 12), "utilisation:");
  ASSERT_EQ(limit["hot_keys"].size(), 1u);
  EXPECT_EQ(limit["hot_keys"][0]["operations"], "9,400 – 9,420");
}

TEST_F(HtmlReportTest, MachinesAreDrawnOverEverySecond) {
  const nlohmann::json target = Data(Html(test::SampleRun()))["scenarios"][0]["targets"][0];
  const nlohmann::json& machines = target["series"]["machines"];
  EXPECT_EQ(machines["agents"].size(), 3u);
  EXPECT_EQ(machines["agents"]["agent-2"]["memory"].size(), 65u);
  EXPECT_EQ(machines["processes"].size(), 1u) << "three agents saw the same processes";
  EXPECT_NEAR(machines["processes"]["postgres"]["cpu"][10], 0.33, 0.05);
  EXPECT_EQ(target["cost"]["processes"][0]["host"], "bench-1");
}

TEST_F(HtmlReportTest, OfManyAgentsOnlyTheLargestAndTheMedianAreDrawn) {
  v1::RunResult run = test::SampleRun();
  while (run.agents_size() < 7) run.add_agents()->set_index(run.agents_size() - 1);
  const nlohmann::json machines =
      Data(Html(run))["scenarios"][0]["targets"][0]["series"]["machines"];
  ASSERT_EQ(machines["agents"].size(), 2u);
  const double largest = machines["agents"]["largest of 7 agents"]["cpu"][3];
  const double median = machines["agents"]["median of 7 agents"]["cpu"][3];
  EXPECT_GE(largest, median);
}

TEST_F(HtmlReportTest, WhatIsNotDisclosedIsShownAsThat) {
  v1::RunResult run = test::SampleRun();
  run.clear_version();
  const nlohmann::json disclosure = Data(Html(run))["disclosure"];
  int missing = 0;
  for (const nlohmann::json& item : disclosure) {
    EXPECT_EQ(item["disclosed"], item["value"] != "NOT DISCLOSED") << item;
    missing += item["subject"] == "run" && !item["disclosed"];
  }
  EXPECT_GT(missing, 0) << "the version is gone";
  EXPECT_EQ(disclosure.size(), DiscloseRun(run).size());
}

TEST_F(HtmlReportTest, ARunWithoutAnyResultCanStillBeShown) {
  v1::RunResult run;
  run.set_id(test::SampleRun().id());
  EXPECT_TRUE(Data(Html(run))["scenarios"].empty());
  run.add_legs()->set_failure("could not connect to 127.0.0.1:1");
  EXPECT_EQ(Data(Html(run))["scenarios"][0]["targets"][0]["failure"],
            "could not connect to 127.0.0.1:1");
}

TEST_F(HtmlReportTest, BytesThatAreNoUtf8DoNotBreakTheReport) {
  v1::RunResult run = test::SampleRun();
  run.mutable_legs(0)->mutable_errors(0)->set_detail("caf\xe9");
  EXPECT_EQ(Data(Html(run))["errors"][0]["detail"], "caf\xef\xbf\xbd");
}

}  // namespace
}  // namespace weir
