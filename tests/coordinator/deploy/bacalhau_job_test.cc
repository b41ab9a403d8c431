#include "coordinator/deploy/bacalhau_job.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/coordinator/deploy/sample_deployment.h"
#include "tests/reports/golden.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

BacalhauRun Sample() {
  return {.run_id = "sample-1",
          .image = "registry.example/weir:1.2",
          .coordinator = "coordinator.example:7070",
          .agents = 12,
          .deadline_ns = 7'200'000'000'000,
          .needs = test::SampleNeeds()};
}

TEST(BacalhauJob, IsAsInTheGoldenFile) {
  test::ExpectMatchesFile(RenderBacalhauJob(Sample()),
                          "tests/coordinator/deploy/golden/bacalhau.yaml");
}

TEST(BacalhauJob, SaysEveryProblemAtOnce) {
  BacalhauRun run = Sample();
  EXPECT_THAT(ProblemsOf(run), IsEmpty());
  run.run_id = "{{.x}}";
  run.image = "a\"\n";
  run.coordinator = "coordinator.example";
  run.identity = "etc";
  run.agents = 0;
  run.agent_memory = "lots";
  EXPECT_THAT(ProblemsOf(run), ElementsAre(HasSubstr("--run-id"), HasSubstr("--image"),
                                           HasSubstr("--coordinator"), HasSubstr("--identity"),
                                           HasSubstr("--agent-memory"), HasSubstr("--agents")));
}

TEST(BacalhauJob, PutsNoSecretIntoTheJob) {
  EXPECT_THAT(RenderBacalhauJob(Sample()), HasSubstr("PG_PASSWORD: \"env:PG_PASSWORD\""));
}

}  // namespace
}  // namespace weir
