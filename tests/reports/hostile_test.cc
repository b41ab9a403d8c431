// Every text of a run may come from a database, an agent or a campaign of somebody else's. Whatever
// it is, reports, tables, terminals and what is shown live show it as text. In a real browser:
// tests/reports/browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "base/printable.h"
#include "coordinator/live/live_json.h"
#include "coordinator/live/live_text.h"
#include "coordinator/live/run_metrics.h"
#include "reports/gate.h"
#include "reports/report.h"
#include "tests/coordinator/live/live_rehearsal.h"
#include "tests/reports/golden.h"
#include "tests/reports/hostile_texts.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

// The sample run's seconds, with their texts filled.
class HostileStore final : public ResultsStore {
 public:
  HostileStore(const ResultsStore& sample, std::string text)
      : sample_(sample), text_(std::move(text)) {}

  absl::Status SaveRun(const v1::RunResult&) override { return absl::UnimplementedError(""); }
  absl::Status AppendInterval(const std::string&, uint32_t, v1::Phase,
                              const v1::Interval&) override {
    return absl::UnimplementedError("");
  }
  absl::Status ReplaceFrom(uint32_t, const v1::RunResult&, uint32_t, v1::Phase,
                           const std::vector<v1::Interval>&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<RunSummary>> ListRuns() const override { return sample_.ListRuns(); }
  absl::StatusOr<v1::RunResult> LoadRun(const std::string& id) const override {
    return sample_.LoadRun(id);
  }
  absl::Status ForEachInterval(
      const std::string&, uint32_t leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) const override {
    const auto filled = [&](v1::Phase stage, v1::Interval interval) {
      test::FillTexts(text_, &interval);
      return visit(stage, interval);
    };
    return sample_.ForEachInterval(test::SampleRun().id(), leg, filled);
  }

 private:
  const ResultsStore& sample_;
  const std::string text_;
};

class Hostile : public testing::TestWithParam<test::HostileText> {
 protected:
  // Made once.
  static const ResultsStore& Sample() {
    static const test::TemporaryFolder folder;
    static const std::unique_ptr<ResultsStore> store = [] {
      auto made = *OpenResultsStore(folder.File("results.db"));
      EXPECT_TRUE(test::SaveSampleRun(*made).ok());
      return made;
    }();
    return *store;
  }

  std::string Written(absl::Status (*write)(const v1::RunResult&, const std::string&)) const {
    const std::string path = folder_.File("out");
    const absl::Status status = write(run_, path);
    EXPECT_TRUE(status.ok()) << status;
    return test::ReadWhole(path);
  }
  std::string Written(absl::Status (*write)(const ResultsStore&, const v1::RunResult&,
                                            const std::string&)) const {
    const std::string path = folder_.File("out");
    const absl::Status status = write(store_, run_, path);
    EXPECT_TRUE(status.ok()) << status;
    return test::ReadWhole(path);
  }

  const std::string text_ = GetParam().text;
  const v1::RunResult run_ = test::HostileRun(text_);
  const HostileStore store_{Sample(), text_};
  test::TemporaryFolder folder_;
};

std::string WithoutLineEnds(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\r\n", ""}, {"\n", ""}});
}

// Nothing that steers a terminal, turns text around or is no text: what Printable would leave.
void ExpectPlain(const std::string& text) {
  const std::string line = WithoutLineEnds(text);
  const std::string plain = Printable(line);
  if (line == plain) return;
  const auto at = static_cast<size_t>(
      std::mismatch(line.begin(), line.end(), plain.begin(), plain.end()).first - line.begin());
  ADD_FAILURE() << "not plain at " << at << ": "
                << testing::PrintToString(line.substr(at < 40 ? 0 : at - 40, 80));
}

// Rows of cells, by RFC 4180.
std::vector<std::vector<std::string>> ParseCsv(const std::string& csv) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (size_t i = 0; i < csv.size(); ++i) {
    std::string& cell = rows.back().back();
    const bool doubled = quoted && csv[i] == '"' && i + 1 < csv.size() && csv[i + 1] == '"';
    if (doubled) {
      cell += csv[i++];
    } else if (csv[i] == '"') {
      quoted = !quoted;
    } else if (quoted || (csv[i] != ',' && csv[i] != '\r' && csv[i] != '\n')) {
      cell += csv[i];
    } else if (csv[i] == ',') {
      rows.back().emplace_back();
    } else if (csv[i] == '\n') {
      rows.push_back({""});
    }
  }
  EXPECT_FALSE(quoted);
  if (rows.back().size() == 1 && rows.back()[0].empty()) rows.pop_back();
  return rows;
}

void ExpectSafeCells(const std::string& csv) {
  ExpectPlain(csv);
  const auto rows = ParseCsv(csv);
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) {
    EXPECT_EQ(row.size(), rows[0].size());
    for (const std::string& cell : row) {
      const std::string shown(absl::StripLeadingAsciiWhitespace(cell));
      double number = 0;
      if (shown.empty() || absl::SimpleAtod(shown, &number)) continue;
      EXPECT_FALSE(absl::StrContains("=+-@", shown[0])) << "a spreadsheet runs " << cell;
      EXPECT_FALSE(shown.starts_with("＝")) << "a spreadsheet runs " << cell;
    }
  }
}

TEST_P(Hostile, NoPageRunsIt) {
  const std::string html = Written(WriteHtmlReport);
  const std::string opening = "<script type=\"application/json\" id=\"data\">";
  const size_t begin = html.find(opening) + opening.size();
  const size_t end = html.find("</script", begin);
  const auto data = nlohmann::json::parse(html.substr(begin, end - begin));
  EXPECT_FALSE(data.contains("pwned"));
  if (GetParam().utf8) {
    EXPECT_EQ(data["run"]["campaign_text"], run_.campaign_text());
  }
  const std::string around = html.substr(0, begin) + html.substr(end);
  EXPECT_THAT(around, Not(HasSubstr("<script>window.pwned")));
  EXPECT_THAT(around, Not(HasSubstr("<img")));
  // The data's and the script's own, as of a harmless run.
  const std::vector<std::string> parts = absl::StrSplit(html, "</script");
  EXPECT_EQ(parts.size(), 3u);
}

TEST_P(Hostile, NoSpreadsheetRunsIt) {
  ExpectSafeCells(Written(WriteCsvReport));
  ExpectSafeCells(Written(WriteComparisonCsv));
  ExpectSafeCells(Written(WriteCostCsv));
  ExpectSafeCells(Written(WriteCapacityCsv));
}

TEST_P(Hostile, NoTerminalHearsIt) {
  ExpectPlain(TextReport(store_, run_, 100, false));
  ExpectPlain(std::regex_replace(TextReport(run_, 100, true), std::regex("\x1b\\[[0-9;]*m"), ""));
}

TEST_P(Hostile, NoMarkdownIsMadeOfIt) {
  std::string report = MarkdownReport(run_);
  ExpectPlain(report);
  // What is escaped is text, and so is a span of code up to its end.
  report = std::regex_replace(report, std::regex("\\\\."), "");
  report = std::regex_replace(report, std::regex("`[^`\n]*`"), "");
  for (const char* markup : {"<script", "<img", "<b", "](javascript", "](http"}) {
    EXPECT_THAT(report, Not(HasSubstr(markup)));
  }
}

TEST_P(Hostile, JsonKeepsItAsItIs) {
  const std::string report = Written(WriteJsonReport);
  const auto json = nlohmann::json::parse(report);
  EXPECT_FALSE(json.contains("pwned"));
  ExpectPlain(std::regex_replace(report,
                                 std::regex("\xE2\x80[\x8E\x8F\xAA-\xAE]|\xE2\x81[\xA6-\xA9]"
                                            "|\xC2[\x80-\x9F]"),
                                 ""));
  if (GetParam().utf8) {
    EXPECT_EQ(json["run"]["campaign_text"], run_.campaign_text());
  }
}

TEST_P(Hostile, TagsOfHistogramsHaveNoneOfIt) {
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(Written(WriteHlog), '\n'))) {
    EXPECT_TRUE(line.empty() || line[0] == '#' || line[0] == '"' ||
                std::regex_match(line, std::regex("Tag=[A-Za-z0-9._/-]+,[0-9.]+,[0-9.]+,[0-9.]+,"
                                                  "[A-Za-z0-9+/=]+")))
        << line.substr(0, 200);
  }
}

TEST_P(Hostile, JUnitHoldsItAsText) {
  const std::string junit = GateJUnit(run_, CheckRun(run_, &run_, {}));
  ExpectPlain(junit);
  EXPECT_THAT(junit, Not(HasSubstr("<script")));
  EXPECT_THAT(junit, Not(HasSubstr("<img")));
}

// ----------------------------------------------------------------------------------------- live

class HostileLive : public Hostile {
 protected:
  HostileLive() {
    live_.RunChanged(run_);
    live_.StepBegins(1, v1::TASK_DRIVE);
    live_.StageBegins(run_.legs(1), v1::PHASE_MEASURE, 1000);
    MergedSecond second = SecondOf(6, v1::PHASE_MEASURE, 100, 1'000'000, 3);
    live_.Second(run_.legs(1), second, kNsPerSecond);
  }
  LiveRun live_;
};

TEST_P(HostileLive, EventsAreOneLineOfJsonEach) {
  for (const std::string& json : {LiveRunJson(live_), LiveNowJson(live_, kNsPerSecond),
                                  LivePointJson(live_.point()), LiveLineJson(0, text_)}) {
    EXPECT_TRUE(nlohmann::json::accept(json)) << json;
    EXPECT_EQ(json.find_first_of("\r\n"), std::string::npos);
  }
}

TEST_P(HostileLive, MetricsHaveItWithinTheirLabels) {
  const std::regex line(
      "# .*|[a-z_]+(\\{([a-z_]+=\"([^\"\\\\\n]|\\\\[\\\\n\"])*\",?)*\\})? [-+0-9.einfIN]+");
  for (const auto format : {MetricsFormat::kOpenMetrics, MetricsFormat::kPrometheusText}) {
    const std::string metrics = RunMetrics(live_, format);
    for (const std::string& each : std::vector<std::string>(absl::StrSplit(metrics, '\n'))) {
      if (each.empty() || each.size() > 2000) continue;  // the pattern is slow
      EXPECT_TRUE(std::regex_match(each, line)) << each;
      EXPECT_THAT(each, Not(testing::StartsWith("# HELP pwned")));
    }
  }
}

std::string NameOf(const testing::TestParamInfo<test::HostileText>& info) {
  std::string name;
  for (const char c : std::string(info.param.name)) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) name += c;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Text, Hostile, testing::ValuesIn(test::HostileTexts()), NameOf);
INSTANTIATE_TEST_SUITE_P(Text, HostileLive, testing::ValuesIn(test::HostileTexts()), NameOf);

}  // namespace
}  // namespace weir
