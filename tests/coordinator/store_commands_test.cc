#include "coordinator/cli/store_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"

#include "coordinator/cli/compare_command.h"
#include "reports/results_store.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

class StoreCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(testing::TempDir(), "/weir_store_", getpid(), "_",
                           testing::UnitTest::GetInstance()->current_test_info()->name());
    store_ = folder_ + "/results.db";
    auto store = OpenResultsStore(store_);
    ASSERT_TRUE(store.ok());
    for (const char* id : {"20261121T010000-one-aaaa", "20261121T020000-two-bbbb"}) {
      v1::RunResult run;
      run.set_id(id);
      run.mutable_campaign()->set_name("red");
      run.set_started_unix_ns(1'795'226'400'000'000'000);
      run.set_state(v1::RUN_STATE_FINISHED);
      run.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
      ASSERT_TRUE((*store)->SaveRun(run).ok());
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // What a command prints to standard output.
  template <typename Command>
  static std::string Output(Command command) {
    testing::internal::CaptureStdout();
    EXPECT_EQ(command(), kExitValid);
    std::fflush(stdout);
    return testing::internal::GetCapturedStdout();
  }

  std::string folder_;
  std::string store_;
};

TEST_F(StoreCommands, ListShowsTheNewestFirstAndNoControlCharacters) {
  v1::RunResult run;
  run.set_id("20261121T000000-red-cccc");
  run.mutable_campaign()->set_name("a\x1b[31mred");
  ASSERT_TRUE((*OpenResultsStore(store_))->SaveRun(run).ok());
  const std::string list = Output([&] { return ListCommand(store_); });
  EXPECT_LT(list.find("two-bbbb"), list.find("one-aaaa"));
  EXPECT_THAT(list, HasSubstr("finished"));
  EXPECT_THAT(list, HasSubstr("VALID"));
  EXPECT_EQ(list.find('\x1b'), std::string::npos);
}

TEST_F(StoreCommands, ShowTakesTheBeginningOfAnId) {
  EXPECT_THAT(Output([&] { return ShowCommand(store_, "20261121T01"); }), HasSubstr("one-aaaa"));
  EXPECT_THAT(Output([&] { return ShowCommand(store_, "latest"); }), HasSubstr("two-bbbb"));
  EXPECT_EQ(ShowCommand(store_, "nothing"), kExitFailure);
}

// One run that somebody edited, which even says that it is still running.
TEST_F(StoreCommands, ARunThatIsDamagedKeepsNoOtherFromBeingShown) {
  v1::RunResult run;
  run.set_id("20261121T030000-red-dddd");
  run.mutable_campaign()->set_name("red");
  run.set_started_unix_ns(1'795'226'500'000'000'000);
  run.add_legs()->set_index(7);
  ASSERT_TRUE((*OpenResultsStore(store_))->SaveRun(run).ok());
  EXPECT_THAT(Output([&] { return ListCommand(store_); }), HasSubstr("one-aaaa"));
  Output([&] { return ShowCommand(store_, "20261121T01"); });
  testing::internal::CaptureStderr();
  EXPECT_EQ(ShowCommand(store_, "latest"), kExitFailure);
  const std::string refusal = testing::internal::GetCapturedStderr();
  EXPECT_THAT(refusal, HasSubstr("run 20261121T030000-red-dddd cannot be used: legs[0].index"));
  EXPECT_EQ(std::count(refusal.begin(), refusal.end(), '\n'), 1);
  testing::internal::CaptureStderr();
  EXPECT_THAT(
      Output([&] { return HistoryCommand(store_, {.campaign = "red", .metrics = {}, .csv = ""}); }),
      HasSubstr("2 runs, of which 2 can be trusted"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("left out: "));
  testing::internal::CaptureStderr();
  EXPECT_EQ(GateCommand(store_, {.run = "latest"}), kExitFailure);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("legs[0].index"));
}

// An id becomes part of the name of a journal, which is removed when its run has ended.
TEST_F(StoreCommands, ListTouchesNoFileOfARunWhoseIdIsNone) {
  v1::RunResult run;
  run.set_id("/../b\x1b[31m");
  ASSERT_TRUE((*OpenResultsStore(store_))->SaveRun(run).ok());
  testing::internal::CaptureStderr();
  const std::string list = Output([&] { return ListCommand(store_); });
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(list, HasSubstr("damaged"));
  EXPECT_THAT(list, HasSubstr("two-bbbb"));
  EXPECT_THAT(said, HasSubstr("cannot be used: its id is not 1 to 128 letters"));
  EXPECT_EQ((list + said).find('\x1b'), std::string::npos);
  EXPECT_EQ((*OpenResultsStore(store_))->ListRuns()->size(), 3u) << "and it stays as it was";
}

TEST_F(StoreCommands, ReportWritesTheFormatsThatAreAskedFor) {
  const std::string out = folder_ + "/out";
  Output([&] { return ReportCommand(store_, "latest", {"csv", "json"}, out); });
  EXPECT_TRUE(std::filesystem::exists(out + "/summary.csv"));
  EXPECT_TRUE(std::filesystem::exists(out + "/report.json"));
  EXPECT_FALSE(std::filesystem::exists(out + "/report.html"));
}

TEST_F(StoreCommands, ReportWritesEveryFormatWhenNoneIsNamed) {
  const std::string out = folder_ + "/all";
  EXPECT_EQ(Output([&] { return ReportCommand(store_, "latest", {}, out); }),
            absl::StrCat(out, "/report.html\n", out, "/summary.csv\n", out, "/report.md\n", out,
                         "/report.json\n", out, "/run.hlog\n"));
  EXPECT_GT(std::filesystem::file_size(out + "/report.html"), 10'000u);
}

TEST_F(StoreCommands, CompareSetsRunsBesideEachOtherWithoutAVerdict) {
  const std::string text = Output([&] {
    return CompareCommand(store_, {.runs = {"20261121T01", "latest"}});
  });
  EXPECT_THAT(text, HasSubstr("20261121T020000-two-bbbb beside 20261121T010000-one-aaaa"));
  EXPECT_THAT(text, HasSubstr("no verdict: n = 1"));
  EXPECT_EQ(CompareCommand(store_, {.runs = {"latest"}}), kExitUsage) << "it compares nothing";
}

TEST_F(StoreCommands, HistoryTakesTheRunsOfOneCampaign) {
  const std::string csv = folder_ + "/history.csv";
  Output([&] { return HistoryCommand(store_, {.campaign = "red", .csv = csv}); });
  EXPECT_TRUE(std::filesystem::exists(csv));
  EXPECT_EQ(HistoryCommand(store_, {.campaign = "other"}), kExitFailure);
  EXPECT_EQ(HistoryCommand(store_, {.campaign = "other", .metrics = {"planned"}}), kExitUsage);
}

TEST_F(StoreCommands, GateHasAnExitCodeOfItsOwnAndWritesWhatItIsAskedFor) {
  GateOptions options{
      .run = "latest", .junit = folder_ + "/gate.xml", .markdown = folder_ + "/s.md"};
  EXPECT_THAT(Output([&] { return GateCommand(store_, options); }), HasSubstr("passes"));
  EXPECT_TRUE(std::filesystem::exists(options.junit));
  EXPECT_TRUE(std::filesystem::exists(options.markdown));
  options.baseline = "20261121T01";  // has no number
  EXPECT_EQ(GateCommand(store_, options), kExitGate);
  options.metrics = {"planned"};
  EXPECT_EQ(GateCommand(store_, options), kExitUsage);
}

}  // namespace
}  // namespace weir
