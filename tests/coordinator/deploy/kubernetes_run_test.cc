#include "coordinator/deploy/kubernetes_run.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/coordinator/deploy/sample_deployment.h"

namespace weir {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(KubernetesRun, SaysEveryProblemAtOnce) {
  KubernetesRun run = test::SampleRun();
  EXPECT_THAT(ProblemsOf(run), IsEmpty());
  run.run_id = "Sample";
  run.namespace_name = "a b";
  run.image = "weir; rm -rf";
  run.agents = 0;
  run.agent_memory = "1 GB";
  run.secret = "";
  EXPECT_THAT(ProblemsOf(run),
              ElementsAre(HasSubstr("--run-id"), HasSubstr("--namespace"), HasSubstr("--image"),
                          HasSubstr("--agents"), HasSubstr("--agent-memory"),
                          HasSubstr("PG_PASSWORD ca.crt cosmos-key")));
}

TEST(KubernetesRun, RefusesFilesThatCannotBeMounted) {
  for (const char* file : {"relative", "/at-root", "/etc/pg-key", "/tmp/key", "/a/../b", "/a/b c",
                           "/identity/tls.key"}) {
    KubernetesRun run = test::SampleRun();
    run.needs.files = {file};
    EXPECT_EQ(ProblemsOf(run).size(), 1u) << file;
  }
}

TEST(KubernetesRun, PassesOnWhatTheCampaignCannotDoInAPod) {
  KubernetesRun run = test::SampleRun();
  run.needs.problems = {"target t: SQLite is a file"};
  EXPECT_THAT(ProblemsOf(run), Contains("target t: SQLite is a file"));
}

TEST(KubernetesRun, MakesAnIdOfTheCampaignsNameAndTheTime) {
  EXPECT_EQ(MakeRunId("Log store, v2!", 1795317300), "log-store-v2-20261122t031500");
  EXPECT_EQ(MakeRunId("---", 1795317300), "20261122t031500");
  const std::string longest = MakeRunId(std::string(100, 'x'), 1795317300);
  EXPECT_EQ(RunIdProblem(longest), "");
  EXPECT_EQ(longest.size(), 32u);
}

TEST(KubernetesRun, TakesNoIdThatCannotStandInALabel) {
  EXPECT_EQ(RunIdProblem("first-2"), "");
  for (const char* id : {"", "-a", "a-", "A", "a.b", "a b", "a,b", "a=b", "a\n"}) {
    EXPECT_NE(RunIdProblem(id), "") << id;
  }
  EXPECT_NE(RunIdProblem(std::string(33, 'a')), "");
}

}  // namespace
}  // namespace weir
