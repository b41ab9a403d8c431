#include "coordinator/deploy/cluster_run.h"

#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Pod(const std::string& component, const std::string& phase, const std::string& state) {
  return absl::StrCat(R"({"metadata": {"name": "pod-of-)", component,
                      R"(", "labels": {"app.kubernetes.io/component": ")", component,
                      R"("}}, "status": {"phase": ")", phase,
                      R"(", "containerStatuses": [{"name": ")", component, R"(", "state": )", state,
                      "}]}}");
}
std::string Running(const std::string& component) {
  return Pod(component, "Running", R"({"running": {}})");
}
std::string Ended(int exit_code) {
  return Pod("coordinator", exit_code == 0 ? "Succeeded" : "Failed",
             absl::StrCat(R"({"terminated": {"exitCode": )", exit_code, "}}"));
}

// A cluster that plays a scene: the pods of each look at them (the last stays), the log of each
// time that it is read.
class SceneKubectl : public Kubectl {
 public:
  absl::StatusOr<KubectlEnd> Run(const std::vector<std::string>& arguments,
                                 const std::string& input) override {
    calls.push_back(absl::StrJoin(arguments, " "));
    inputs.push_back(input);
    if (arguments[0] == refused) return KubectlEnd{1, "", "the server said no\n"};
    if (arguments[0] == "get") {
      const std::string list = absl::StrCat(R"({"items": [)", pods.front(), "]}");
      if (pods.size() > 1) pods.pop_front();
      return KubectlEnd{0, list, ""};
    }
    if (arguments[0] == "exec" && arguments[4] == "test") {
      return KubectlEnd{letter.empty() ? 1 : 0, "", ""};
    }
    if (arguments[0] == "cp" && arguments[1] == "--container=agent") {
      const std::string letters = arguments.back() + "/weir-dead-letters/first";
      std::filesystem::create_directories(letters);
      std::ofstream(letters + "/a.1") << letter;
      std::ofstream(arguments.back() + "/" + kLeftBehindFile) << "";
    } else if (arguments[0] == "cp") {
      std::filesystem::create_directories(arguments.back() + "/report");
      if (has_report) std::ofstream(arguments.back() + "/report/report.html") << "<html>";
    }
    if (arguments[0] == "exec" && arguments[4] == "find") {
      return KubectlEnd{0, arguments[5] == "/results" ? files : "4 weir-dead-letters/first/a.1\n",
                        ""};
    }
    if (arguments[0] == "delete") return KubectlEnd{0, deleted, ""};
    return KubectlEnd{};
  }
  absl::StatusOr<KubectlEnd> Stream(const std::vector<std::string>& arguments,
                                    const std::function<bool(std::string_view line)>& on_line,
                                    const std::function<void()>& meanwhile) override {
    calls.push_back(absl::StrJoin(arguments, " "));
    meanwhile();
    for (const std::string& line : logs.front()) {
      if (!on_line(line)) break;
    }
    if (logs.size() > 1) logs.pop_front();
    return KubectlEnd{};
  }

  std::deque<std::string> pods = {Running("coordinator") + "," + Running("agent")};
  std::deque<std::vector<std::string>> logs = {{}};
  std::string refused;
  bool has_report = true;
  std::string letter;                            // that the agent has left
  std::string files = "6 report/report.html\n";  // in the container
  std::string deleted = "job.batch/a\nsecret/b\n";
  std::vector<std::string> calls, inputs;
};

class ClusterRunTest : public testing::Test {
 protected:
  ClusterRunPort Port() {
    return {.say = [this](const std::string& line) { said_.push_back(line); },
            .log = [this](std::string_view line) { log_.emplace_back(line); },
            .sleep = [this](int64_t ns) { now_ns_ += ns; },
            .now_ns = [this] { return now_ns_; },
            .interrupted = [this] { return now_ns_ >= interrupted_at_ns_; }};
  }

  SceneKubectl kubectl_;
  std::vector<std::string> said_, log_;
  int64_t now_ns_ = 0;
  int64_t interrupted_at_ns_ = INT64_MAX;
  ClusterRun run_{&kubectl_, "first", Port()};
};

TEST_F(ClusterRunTest, AsksTheServerAboutEverythingBeforeItCreatesAnything) {
  ASSERT_TRUE(run_.Create("manifests").ok());
  EXPECT_THAT(kubectl_.calls,
              ElementsAre(HasSubstr("--dry-run=server"), "create --output=name --filename=-"));
  EXPECT_THAT(kubectl_.inputs, ElementsAre("manifests", "manifests"));
  kubectl_.calls.clear();
  kubectl_.refused = "create";
  EXPECT_THAT(run_.Create("manifests").message(), HasSubstr("the server said no"));
  EXPECT_EQ(kubectl_.calls.size(), 1u);
}

TEST_F(ClusterRunTest, FollowsTheLogUntilTheReportIsReady) {
  kubectl_.pods = {
      "", Pod("coordinator", "Pending", "{}"),
      Running("coordinator") + "," +
          Pod("agent", "Pending", R"({"waiting": {"reason": "ErrImagePull", "message": "no"}})"),
      Running("coordinator") + "," + Running("agent")};
  kubectl_.logs = {{"one", absl::StrCat(kReportReady, " in /results/report"), "never shown"}};
  EXPECT_EQ(*run_.Follow(1'000'000'000'000), ClusterRun::Standing::kReady);
  EXPECT_THAT(said_, Contains("pod-of-agent: ErrImagePull: no"));
  EXPECT_THAT(said_, Contains("coordinator runs, 1 agents run, 0 start"));
  EXPECT_THAT(log_, ElementsAre("one", StartsWith(kReportReady)));
}

TEST_F(ClusterRunTest, TakesTheLogUpAgainWhereItBrokeOff) {
  kubectl_.logs = {{"one", "two"}, {"one", "two", "three", kReportReady}};
  EXPECT_EQ(*run_.Follow(1'000'000'000'000), ClusterRun::Standing::kReady);
  EXPECT_THAT(log_, ElementsAre("one", "two", "three", kReportReady));
}

TEST_F(ClusterRunTest, EndsWithACoordinatorThatHasNoReport) {
  kubectl_.pods = {Running("coordinator"), Ended(3)};
  kubectl_.logs = {{"campaign.yaml:3:1: unknown key"}};
  EXPECT_EQ(*run_.Follow(1'000'000'000'000), ClusterRun::Standing::kEnded);
  EXPECT_EQ(*run_.ExitCode(), 3);
}

TEST_F(ClusterRunTest, GivesUpOnACoordinatorThatNeverStarts) {
  kubectl_.pods = {Pod("coordinator", "Pending", "{}")};
  const auto standing = run_.Follow(60'000'000'000);
  EXPECT_THAT(standing.status().message(), HasSubstr("kubectl describe job"));
  EXPECT_GE(now_ns_, 60'000'000'000);
}

TEST_F(ClusterRunTest, StopsWatchingWhenTheUserSaysSo) {
  kubectl_.pods = {Pod("coordinator", "Pending", "{}")};
  interrupted_at_ns_ = 5'000'000'000;
  EXPECT_EQ(*run_.Follow(60'000'000'000), ClusterRun::Standing::kInterrupted);
}

TEST_F(ClusterRunTest, FetchesTheResultsAndOnlyThenLetsTheCoordinatorEnd) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(run_.Fetch(folder.File("out")).ok());
  EXPECT_THAT(kubectl_.calls,
              ElementsAre(HasSubstr("--selector=app.kubernetes.io/name=weir,"
                                    "app.kubernetes.io/instance=first"),
                          StartsWith("cp --container=coordinator pod-of-coordinator:/results/. "),
                          HasSubstr("find /results -type f"), StartsWith("get pods"),
                          HasSubstr("test -e /spool/left-behind"),
                          HasSubstr("touch /results/report/fetched")));
}

TEST_F(ClusterRunTest, PutsDeadLettersOfAgentsBesideTheResultsStoreAndLetsThoseEnd) {
  const test::TemporaryFolder folder;
  kubectl_.letter = "lost";
  ASSERT_TRUE(run_.Fetch(folder.File("out")).ok());
  std::ifstream brought(folder.File("out") + "/results.db.first.letters/a.1");
  std::string letter;
  brought >> letter;
  EXPECT_EQ(letter, "lost");
  EXPECT_FALSE(std::filesystem::exists(folder.File("out") + "/agents/pod-of-agent"));
  EXPECT_THAT(kubectl_.calls,
              Contains("exec --container=agent pod-of-agent -- touch /spool/fetched"));
  EXPECT_THAT(kubectl_.calls.back(), HasSubstr("touch /results/report/fetched")) << "at last";
}

TEST_F(ClusterRunTest, BringsWhatAgentsLeftOfACoordinatorThatEnded) {
  const test::TemporaryFolder folder;
  kubectl_.letter = "lost";
  kubectl_.pods = {Ended(1) + "," + Running("agent")};
  EXPECT_THAT(run_.Fetch(folder.File("out")).message(), HasSubstr("What 1 agents left is in"));
  EXPECT_TRUE(std::filesystem::exists(folder.File("out") + "/results.db.first.letters/a.1"));
}

TEST_F(ClusterRunTest, SaysOnceWhichAgentsEndWhileTheCoordinatorWaitsForThem) {
  kubectl_.pods = {Running("coordinator") + "," +
                   Pod("agent", "Failed", R"({"terminated": {"exitCode": 64}})")};
  kubectl_.logs = {{"waiting"}, {"waiting", kReportReady}};
  EXPECT_EQ(*run_.Follow(1'000'000'000'000), ClusterRun::Standing::kReady);
  EXPECT_THAT(said_, Contains("pod-of-agent ended with exit code 64; kubectl logs pod-of-agent "
                              "says why"));
  EXPECT_EQ(said_.size(), 2u);
}

TEST_F(ClusterRunTest, LetsTheCoordinatorGoOnWhenThereIsNoReportYet) {
  const test::TemporaryFolder folder;
  kubectl_.has_report = false;
  kubectl_.files = "";
  EXPECT_THAT(run_.Fetch(folder.File("out")).message(), HasSubstr("no report yet"));
  EXPECT_EQ(kubectl_.calls.size(), 3u);
  kubectl_.pods = {Ended(0)};
  EXPECT_THAT(run_.Fetch(folder.File("out")).message(), HasSubstr("kubectl logs pod-of-coord"));
}

// kubectl's exit code is 0, as it is where the archive ends before the news of tar's failure comes.
TEST_F(ClusterRunTest, TakesNoCopyForWholeInWhichAFileIsMissingOrShort) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(run_.Fetch(folder.File("whole")).ok());
  for (const std::string more : {"0 run.hlog\n", "7 report/report.html\n"}) {
    kubectl_.files += more;
    kubectl_.calls.clear();
    const absl::Status fetched = run_.Fetch(folder.File(more.substr(0, 1)));
    EXPECT_EQ(fetched.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(fetched.message(), HasSubstr(absl::StrCat("did not bring all of /results/",
                                                          more.substr(2, more.size() - 3))));
    EXPECT_THAT(fetched.message(), HasSubstr("weir k8s fetch first"));
    EXPECT_EQ(kubectl_.calls.size(), 3u) << "the coordinator is not told that it was fetched";
    kubectl_.files.resize(kubectl_.files.size() - more.size());
  }
}

TEST_F(ClusterRunTest, SaysThatNothingIsThereToDelete) {
  kubectl_.deleted = "No resources found\n";  // in the place of names
  ASSERT_TRUE(run_.Clean().ok());
  EXPECT_THAT(said_, ElementsAre("nothing is there of run first"));
}

TEST_F(ClusterRunTest, DeletesByTheRunsLabelOnly) {
  ASSERT_TRUE(run_.Clean().ok());
  ASSERT_EQ(kubectl_.calls.size(), 1u);
  EXPECT_THAT(kubectl_.calls[0], StartsWith("delete jobs,"));
  EXPECT_THAT(
      kubectl_.calls[0],
      HasSubstr(" --selector=app.kubernetes.io/name=weir,app.kubernetes.io/instance=first "));
  EXPECT_THAT(said_, ElementsAre("deleted 2 objects of run first"));
}

}  // namespace
}  // namespace weir
