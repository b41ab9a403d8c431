// Searches for capacity as a user runs them: the real programs, a queue whose capacity is known, a
// real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "coordinator/cli/exit_code.h"
#include "reports/results_store.h"
#include "tests/support/program.h"
#include "tests/support/throwaway_postgres.h"
#include "tests/system/weir_in_a_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class CapacityTest : public WeirInAFolder {
 protected:
  // A machine that runs tests is seldom fit to measure on: the gates have tests of their own.
  ProgramEnd Search(const std::string& text, std::vector<std::string> options = {}) const {
    std::vector<std::string> arguments = {"search", Campaign(text), "--agents",        "2",
                                          "--out",  folder_,        "--override-gates"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Weir(arguments);
  }
};

// Each agent's worker is a queue of its own.
constexpr double kServedEach = 100;
constexpr double kP99s = 0.4;
constexpr char kQueue[] = R"(
name: queue
dataset: {records: 100, logs: }
targets:
  - {name: queue, null: {service_time: 10ms, service_law: exponential, servers: 1}}
scenarios:
  - name: reads
    phases: {measure: 1s}
    shape: {open: {rate: 60/s, sessions: 4}}
    operations: [{do: read}]
capacity:
  objective: {response_p99: 400ms}
  precision: 0.15
  settle: 1s
  step: 4s
  confirm: 6s
  confirmations: 1
  curve: 8
)";

TEST_F(CapacityTest, FindsWhatAQueueSustains) {
  const ProgramEnd end = Search(kQueue);
  ASSERT_EQ(end.code, kExitValid) << end.output;
  const v1::RunResult run = Latest();
  ASSERT_EQ(run.capacities_size(), 1) << end.output;
  const v1::CapacityResult& capacity = run.capacities(0);
  const uint32_t workers = run.agents(0).workers() + run.agents(1).workers();
  const double truth = workers * (kServedEach - std::log(100) / kP99s);
  // Steps of seconds on a busy machine: the tolerance is theirs, S13 has the algorithm's.
  EXPECT_GT(capacity.low_per_s(), 0.5 * truth) << end.output;
  EXPECT_LT(capacity.low_per_s(), 1.15 * workers * kServedEach) << end.output;
  EXPECT_THAT(end.output, HasSubstr("reads: queue sustains "));
  EXPECT_THAT(end.output, HasSubstr("at p99 ≤ 400 ms"));
  int curve = 0;
  for (const v1::Leg& leg : run.legs()) {
    if (leg.probe().purpose() == v1::PROBE_PURPOSE_CURVE && !leg.set_aside()) ++curve;
  }
  EXPECT_EQ(curve, 8);
  EXPECT_THAT(Weir({"show", "latest"}).output, HasSubstr("queue sustains "));
}

TEST_F(CapacityTest, TakesTheObjectiveFromTheCommandLine) {
  const std::string text = std::string(kQueue).substr(0, std::string(kQueue).find("capacity:"));
  const ProgramEnd without = Search(text);
  EXPECT_EQ(without.code, kExitBadCampaign);
  EXPECT_THAT(without.output, HasSubstr("a search needs an objective: give --response-p99"));
  const ProgramEnd end =
      Search(text, {"--response-p50", "5s", "--most", "80/s", "--set", "capacity.step=1s", "--set",
                    "capacity.settle=500ms", "--set", "capacity.confirm=1s", "--set",
                    "capacity.confirmations=1", "--set", "capacity.curve=0"});
  EXPECT_EQ(end.code, kExitValid) << end.output;
  EXPECT_EQ(Latest().capacities(0).finding(), v1::CAPACITY_FINDING_LIMIT_REACHED) << end.output;
  EXPECT_THAT(end.output, HasSubstr("sustains ≥ 80 operations/s at p50 ≤ 5 s"));
}

constexpr char kWrites[] = R"(
name: writes
dataset: {records: 500, logs: }
targets:
  - {name: pg, postgres: {port: $PORT}}
scenarios:
  - name: mixed
    phases: {load: {batch: 100}, measure: 1s}
    shape: {open: {rate: 40/s, sessions: 4}}
    operations: [{do: insert, weight: 1}, {do: read, weight: 1}]
capacity:
  objective: {response_p50: 5s}
  most: 80/s
  settle: 500ms
  step: 2s
  confirm: 2s
  confirmations: 1
  curve: 0
  sessions: [2, 4]
)";

// Each probe inserts the same records: without a new start the second would fail.
TEST_F(CapacityTest, RestoresPostgresBeforeEachProbeAndItsWritesVerify) {
  const ThrowawayPostgres postgres;
  const ProgramEnd end =
      Search(absl::StrReplaceAll(kWrites, {{"$PORT", absl::StrCat(postgres.port())}}));
  ASSERT_EQ(end.code, kExitValid) << end.output;
  const v1::RunResult run = Latest();
  EXPECT_EQ(run.capacities(0).finding(), v1::CAPACITY_FINDING_LIMIT_REACHED) << end.output;
  EXPECT_EQ(run.capacities(0).low_per_s(), 80);
  EXPECT_GE(run.legs_size(), 5);
  for (const v1::Leg& leg : run.legs()) {
    EXPECT_EQ(leg.failure(), "");
    for (const v1::PhaseResult& result : leg.results()) {
      EXPECT_EQ(result.total().conflict(), 0u) << leg.index();
    }
  }
  EXPECT_THAT(run.capacities(0).scalability().reason(), HasSubstr("2 loads can be used"));
  const ProgramEnd verify = Weir({"verify", "latest"});
  EXPECT_EQ(verify.code, kExitValid) << verify.output;
}

TEST_F(CapacityTest, TheReadyCampaignRunsSmall) {
  const ThrowawayPostgres postgres;
  setenv("PG_PASSWORD", "none", 1);
  setenv("COSMOS_KEY", "bm9uZQ==", 1);
  std::vector<std::string> arguments = {
      "search", "campaigns/capacity.yaml", "--agents", "2", "--override-gates", "--out", folder_};
  for (const std::string& setting :
       {absl::StrCat("targets.postgres.postgres.port=", postgres.port()),
        std::string("scenarios.lookups.targets=[postgres]"), std::string("dataset.records=2000"),
        std::string("capacity.objective={response_p50: 5s}"), std::string("capacity.most=600/s"),
        std::string("scenarios.lookups.shape.open.sessions=8"), std::string("capacity.settle=1s"),
        std::string("capacity.step=2s"), std::string("capacity.confirm=2s"),
        std::string("capacity.confirmations=1"), std::string("capacity.curve=0")}) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  const ProgramEnd end = Weir(arguments);
  ASSERT_EQ(end.code, kExitValid) << end.output;
  EXPECT_THAT(end.output, HasSubstr("lookups: postgres sustains ≥ 600 operations/s"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/capacity.csv"));
}

}  // namespace
}  // namespace weir
