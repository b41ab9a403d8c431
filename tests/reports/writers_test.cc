// Golden files of the sample run, and what must hold whatever the numbers are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "measure/histogram.h"
#include "reports/report.h"
#include "reports/text_table.h"
#include "tests/reports/golden.h"
#include "tests/reports/sample_evidence.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// Cells of a line of CSV: commas outside quotes, and one.
int Cells(const std::string& line) {
  int cells = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++cells;
  }
  return cells;
}

int Occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class WritersTest : public ::testing::Test {
 protected:
  std::string Csv(const v1::RunResult& run) {
    EXPECT_TRUE(WriteCsvReport(run, folder_.File("out/summary.csv")).ok());
    return test::ReadWhole(folder_.File("out/summary.csv"));
  }

  nlohmann::json Json() {
    const auto store = *OpenResultsStore(folder_.File("results.db"));
    EXPECT_TRUE(test::SaveSampleRun(*store).ok());
    const std::string path = folder_.File("report.json");
    EXPECT_TRUE(WriteJsonReport(*store, *store->LoadRun("latest"), path).ok());
    return nlohmann::json::parse(test::ReadWhole(path));
  }

  test::TemporaryFolder folder_;
};

TEST_F(WritersTest, CsvOfTheSampleRunIsGolden) {
  test::ExpectMatchesFile(Csv(test::SampleRun()), "tests/reports/golden/summary.csv");
}

TEST_F(WritersTest, CsvRowsHaveAsManyCellsAsTheHeader) {
  const std::string csv = Csv(test::SampleRun());
  const std::vector<std::string> lines = absl::StrSplit(csv, "\r\n", absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 1u + 2 * (1 + 4) + 2 * 1);
  const int cells = Cells(lines[0]);
  for (const std::string& line : lines) EXPECT_EQ(Cells(line), cells) << line;
}

TEST_F(WritersTest, CsvRowsBeginWithTheVerdictAndItsGates) {
  v1::RunResult run = test::SampleRun();
  test::SpoilSampleRun(true, &run);
  const std::vector<std::string> lines = absl::StrSplit(Csv(run), "\r\n");
  EXPECT_THAT(lines[0], StartsWith("validity,reasons,failed_gates,"));
  EXPECT_THAT(lines[1], StartsWith("unverified,gate core_cpu of agent-1: 93 % over seconds 10–14 "
                                   "(limit: ≤ 80 % over any 5 s),"
                                   "core_cpu of agent-1 (overridden),"));
}

TEST_F(WritersTest, CsvDefusesFormulasAndQuotes) {
  v1::RunResult run = test::SampleRun();
  run.mutable_campaign()->set_name(test::kHostileFormula);
  run.mutable_legs(0)->set_target("a,\"b\"\nc");
  const std::string csv = Csv(run);
  EXPECT_THAT(csv, HasSubstr(",'=cmd|'/C calc'!A0,"));
  EXPECT_THAT(csv, Not(HasSubstr(",=cmd")));
  EXPECT_THAT(csv, HasSubstr(",\"a,\"\"b\"\" c\","));
}

TEST_F(WritersTest, LeavesNoTemporaryFileBehind) {
  Csv(test::SampleRun());
  int files = 0;
  for ([[maybe_unused]] const auto& file :
       std::filesystem::directory_iterator(folder_.File("out"))) {
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(WritersTest, SaysWhyAFileCannotBeWritten) {
  const absl::Status status = WriteCsvReport(test::SampleRun(), "/proc/nowhere/summary.csv");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/nowhere"));
}

TEST_F(WritersTest, TextOfTheSampleRunIsGolden) {
  test::ExpectMatchesFile(TextReport(test::SampleRun(), 120, false),
                          "tests/reports/golden/report.txt");
}

TEST_F(WritersTest, MarkdownOfTheSampleRunIsGolden) {
  test::ExpectMatchesFile(MarkdownReport(test::SampleRun()), "tests/reports/golden/report.md");
}

TEST_F(WritersTest, MarkdownMakesNoMarkupOfAStrangersText) {
  v1::RunResult run = test::SampleRun();
  run.mutable_campaign()->set_name("a|b *c* [d](e)");
  EXPECT_THAT(MarkdownReport(run), StartsWith("# a\\|b \\*c\\* \\[d\\](e): DEGRADED\n"));
  EXPECT_THAT(MarkdownReport(run), Not(HasSubstr("<b")));
}

TEST_F(WritersTest, TextStaysWithinItsWidth) {
  for (const int width : {60, 80, 100, 160}) {
    const std::string text = TextReport(test::SampleRun(), width, false);
    for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
      EXPECT_LE(DisplayWidth(line), static_cast<size_t>(width)) << line;
    }
  }
}

TEST_F(WritersTest, TextHasNoControlCharacterOfAStranger) {
  const std::string text = TextReport(test::SampleRun(), 120, false);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(TextReport(test::SampleRun(), 120, true), HasSubstr("\x1b[1;33mDEGRADED"));
}

TEST_F(WritersTest, TextNamesAFailedGateAndWhatToDo) {
  v1::RunResult run = test::SampleRun();
  test::SpoilSampleRun(false, &run);
  const std::string text = TextReport(run, 120, false);
  EXPECT_THAT(text, StartsWith("INVALID  quickstart"));
  EXPECT_THAT(text, HasSubstr("gate core_cpu of agent-1: 93 % over seconds 10–14"));
  EXPECT_THAT(text, HasSubstr("Give the agent more cores"));
  EXPECT_THAT(text, Not(HasSubstr("watchdog"))) << "it was passed";
}

TEST_F(WritersTest, TextGivesAdviceOnceHoweverManyFailedTheSameGate) {
  v1::RunResult run = test::SampleRun();
  test::SpoilSampleRun(true, &run);
  const v1::GateResult failed = run.legs(0).gates(4);
  for (const char* agent : {"agent-0", "agent-2"}) {
    v1::GateResult* another = run.mutable_legs(0)->add_gates();
    *another = failed;
    another->set_agent(agent);
    another->set_saw("99 %");
  }
  *run.mutable_legs(1)->add_gates() = failed;
  const std::string text = TextReport(run, 120, false);
  EXPECT_EQ(Occurrences(text, "Give the agent more cores"), 1);
  EXPECT_EQ(Occurrences(text, "99 %"), 0) << "one agent of a leg is enough";
}

TEST_F(WritersTest, TextShowsTheFirstOfVeryManyReasons) {
  v1::RunResult run = test::SampleRun();
  for (int i = 0; i < 19; ++i) run.mutable_verdict()->add_reasons(absl::StrCat("reason ", i, "."));
  const std::string text = TextReport(run, 120, false);
  EXPECT_THAT(text, HasSubstr("reason 6."));
  EXPECT_THAT(text, Not(HasSubstr("reason 7.")));
  EXPECT_THAT(text, HasSubstr("and 12 more reasons, all in the reports"));
}

TEST_F(WritersTest, TextSaysOnceThatAPhaseWasNotSteady) {
  v1::RunResult run = test::SampleRun();
  const std::string why = run.legs(1).steadiness().reasons(0);
  EXPECT_EQ(Occurrences(TextReport(run, 300, false), why), 1);
  run.mutable_verdict()->add_reasons("mixed on cosmos: NOT STEADY: " + why);
  EXPECT_EQ(Occurrences(TextReport(run, 300, false), why), 1);
}

TEST_F(WritersTest, TextStampsAnOverrideBeforeAnythingElse) {
  v1::RunResult run = test::SampleRun();
  test::SpoilSampleRun(true, &run);
  EXPECT_THAT(TextReport(run, 120, false),
              MatchesRegex("UNVERIFIED  quickstart[^\n]*\n"
                           "  - gates that failed and were overridden: core_cpu\n(.|\n)*"));
}

TEST_F(WritersTest, TextTellsADamagedHistogram) {
  v1::RunResult run = test::SampleRun();
  run.mutable_legs(0)->mutable_results(5)->mutable_total()->set_response("no histogram");
  EXPECT_THAT(TextReport(run, 120, false), HasSubstr("damaged"));
}

TEST_F(WritersTest, JsonHoldsSummarySeriesAndTheWholeRun) {
  const nlohmann::json report = Json();
  EXPECT_EQ(report["schema"], 1);
  EXPECT_EQ(report["units"]["response_p99_us"], "µs");
  ASSERT_EQ(report["summary"].size(), 2u * (1 + 4) + 2 * 1);
  const nlohmann::json& row = report["summary"][1];
  EXPECT_EQ(row["operation"], "insert");
  EXPECT_TRUE(row["response_p99_us"].is_number());
  EXPECT_TRUE(row["ru_total"].is_null());
  EXPECT_EQ(report["run"]["campaign_text"].get<std::string>(), test::SampleRun().campaign_text());
  ASSERT_EQ(report["series"].size(), 4u);
  EXPECT_EQ(report["series"][0]["columns"].size(), report["series"][0]["rows"][0].size());
}

TEST_F(WritersTest, JsonBeginsWithTheVerdict) {
  const auto store = *OpenResultsStore(folder_.File("results.db"));
  ASSERT_TRUE(test::SaveSampleRun(*store).ok());
  v1::RunResult run = test::SampleRun();
  test::SpoilSampleRun(true, &run);
  const std::string path = folder_.File("report.json");
  ASSERT_TRUE(WriteJsonReport(*store, run, path).ok());
  EXPECT_THAT(
      test::ReadWhole(path),
      StartsWith("{\"verdict\":{\"validity\":\"UNVERIFIED\",\"reasons\":[\"mixed on postgres: "
                 "gate core_cpu of agent-1"));
  EXPECT_EQ(nlohmann::json::parse(test::ReadWhole(path))["verdict"]["overridden_gates"][0],
            "core_cpu");
}

TEST_F(WritersTest, JsonSamplesOfMachinesAddUpToTheLeg) {
  const nlohmann::json report = Json();
  const nlohmann::json& table = report["series"][1]["resources"];
  const auto column = [&](const char* name) {
    const auto& columns = table["columns"];
    return std::find(columns.begin(), columns.end(), name) - columns.begin();
  };
  const v1::Leg leg = test::SampleRun().legs(1);
  const v1::ResourceSample& agent = leg.resources(2);
  uint64_t cpu_ns = 0;
  for (const auto& row : table["rows"]) {
    const bool measured = row[column("stage")] == "measure" && row[column("second")] >= 5;
    if (!measured || row[column("agent")] != agent.agent()) continue;
    cpu_ns += row[column("process_cpu_ns")].get<uint64_t>();
  }
  EXPECT_EQ(cpu_ns, agent.process_cpu_ns());
  EXPECT_EQ(report["series"][1]["partitions"]["rows"].size(), 65u * 2 + 31 * 2);
  EXPECT_EQ(report["series"][1]["processes"]["rows"][0].back(), 180u << 20);
}

TEST_F(WritersTest, JsonMarksAQuantileAmongFailures) {
  const nlohmann::json report = Json();
  const nlohmann::json& row = report["summary"][6];
  ASSERT_EQ(row["target"], "cosmos");
  ASSERT_EQ(row["operation"], "insert");
  EXPECT_EQ(row["response_p99_us"], "Infinity");
}

TEST_F(WritersTest, JsonHistogramsDecodeToTheReportedPercentile) {
  const nlohmann::json report = Json();
  const nlohmann::json& total = report["run"]["legs"][0]["results"][5]["total"];
  std::string payload;
  ASSERT_TRUE(absl::Base64Unescape(total["response"].get<std::string>(), &payload));
  Histogram histogram;
  ASSERT_TRUE(histogram.AddEncodedV2(payload).ok());
  EXPECT_EQ(std::to_string(histogram.count()), total["ok"].get<std::string>());
}

TEST_F(WritersTest, JsonSeriesAddUpToTheSummary) {
  const nlohmann::json report = Json();
  const nlohmann::json& series = report["series"][1];
  const auto column = [&](const char* name) {
    const auto& columns = series["columns"];
    return std::find(columns.begin(), columns.end(), name) - columns.begin();
  };
  uint64_t milli_ru = 0;
  for (const auto& row : series["rows"]) {
    if (row[column("stage")] == "load") milli_ru += row[column("milli_ru")].get<uint64_t>();
  }
  EXPECT_EQ(report["summary"][5]["operation"], "load");
  EXPECT_DOUBLE_EQ(report["summary"][5]["ru_total"].get<double>() * 1000,
                   static_cast<double>(milli_ru));
}

}  // namespace
}  // namespace weir
