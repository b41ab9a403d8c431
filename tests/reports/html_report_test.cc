#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/report.h"
#include "tests/reports/golden.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
