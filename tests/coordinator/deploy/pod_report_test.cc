#include "coordinator/deploy/pod_report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

PodReport Only(const std::string& status) {
  const auto reports = ReadPodReports(
      R"({"items": [{"metadata": {"name": "p", "labels": {"app.kubernetes.io/component": "agent"}},
                     "status": )" +
      status + "}]}");
  EXPECT_TRUE(reports.ok()) << reports.status();
  return reports.ok() && reports->size() == 1 ? reports->front() : PodReport{};
}

TEST(PodReport, TellsAPodThatRunsFromOneThatIsBeingMade) {
  EXPECT_TRUE(Only(R"({"phase": "Running", "containerStatuses": [
      {"name": "agent", "state": {"running": {"startedAt": "x"}}}]})")
                  .started);
  const PodReport made = Only(R"({"phase": "Pending", "containerStatuses": [
      {"name": "agent", "state": {"waiting": {"reason": "ContainerCreating"}}}]})");
  EXPECT_FALSE(made.started);
  EXPECT_EQ(made.trouble, "");
  EXPECT_EQ(Only("{}").trouble, "");
}

TEST(PodReport, SaysWhyAPodDoesNotStart) {
  EXPECT_EQ(Only(R"({"phase": "Pending", "containerStatuses": [{"name": "agent", "state":
      {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]})")
                .trouble,
            "ErrImagePull: no such image");
  EXPECT_EQ(Only(R"({"phase": "Pending", "conditions": [{"type": "PodScheduled",
      "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}]})")
                .trouble,
            "Unschedulable: 0/3 nodes");
  EXPECT_THAT(Only(R"({"phase": "Failed", "initContainerStatuses": [{"name": "consent",
      "state": {"terminated": {"exitCode": 4}}}]})")
                  .trouble,
              HasSubstr("consent ended with exit code 4"));
}

TEST(PodReport, HasTheExitCodeOfThePodsMainContainer) {
  const PodReport ended = Only(R"({"phase": "Failed", "containerStatuses": [
      {"name": "other", "state": {"terminated": {"exitCode": 1}}},
      {"name": "agent", "state": {"terminated": {"exitCode": 65}}}]})");
  EXPECT_TRUE(ended.ended);
  EXPECT_EQ(ended.exit_code, 65);
}

TEST(PodReport, RefusesWhatIsNoListOfPods) {
  for (const char* text : {"", "{}", "[]", R"({"items": 3})", R"({"items": [3]})"}) {
    EXPECT_FALSE(ReadPodReports(text).ok()) << text;
  }
}

}  // namespace
}  // namespace weir
