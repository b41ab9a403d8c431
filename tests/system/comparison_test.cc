// Comparisons as a user runs them: the real programs, and targets whose difference is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "coordinator/cli/exit_code.h"
#include "reports/results_store.h"
#include "tests/support/program.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    folder_ = absl::StrCat(testing::TempDir(), "/weir-comparison-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~ComparisonTest() override { std::filesystem::remove_all(folder_); }

  ProgramEnd Weir(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {WEIR_PROGRAM, "--store", folder_ + "/results.db"});
    return RunProgram(arguments, {}, 300s);
  }

  // A machine that runs tests is seldom fit to measure on: the gates have tests of their own.
  ProgramEnd Run(const std::string& text) const {
    const std::string path = folder_ + "/campaign.yaml";
    std::ofstream(path) << absl::StrReplaceAll(text, {{"$FOLDER", folder_}});
    return Weir({"run", path, "--agents", "2", "--out", folder_ + "/out", "--override-gates"});
  }

  v1::RunResult Latest() const {
    auto store = OpenResultsStore(folder_ + "/results.db");
    auto run = (*store)->LoadRun("latest");
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : v1::RunResult();
  }

  std::string folder_;
};

constexpr char kPaired[] = R"(
name: paired
dataset: {records: 100, logs: }
targets:
  - name: direct
    null: {service_time: 20ms}
    variants:
      - {name: slower, set: [null.service_time=36ms]}
scenarios:
  - name: reads
    phases: {measure: 1s}
    shape: {closed: {sessions: 4}}
    operations: [{do: read}]
compare:
  mode: quick
  metrics: [{metric: throughput_ops_per_s}]
  canary: $CANARY
)";

TEST_F(ComparisonTest, FindsTheSlowerTargetAndSaysSoEverywhere) {
  const ProgramEnd end = Run(absl::StrReplaceAll(kPaired, {{"$CANARY", "0s"}}));
  EXPECT_EQ(end.code, kExitValid) << end.output;
  const v1::RunResult run = Latest();
  ASSERT_EQ(run.comparison().compared_size(), 1) << end.output;
  const v1::Compared& compared = run.comparison().compared(0);
  EXPECT_EQ(compared.finding(), v1::FINDING_SLOWER) << compared.sentence();
  EXPECT_EQ(compared.pairs_size(), 6);
  EXPECT_EQ(run.legs_size(), 12);
  EXPECT_THAT(end.output, HasSubstr("slower, against direct: SLOWER by "));
  EXPECT_THAT(Weir({"compare", "latest"}).output, HasSubstr("SLOWER by "));
  const ProgramEnd gate = Weir({"gate", "latest"});
  EXPECT_EQ(gate.code, kExitGate);
  EXPECT_THAT(gate.output, HasSubstr("FAIL  reads, throughput_ops_per_s on slower"));
  for (const char* file :
       {"report.html", "summary.csv", "comparison.csv", "report.json", "run.hlog"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/out/" + file)) << file;
  }
}

TEST_F(ComparisonTest, DoesACanaryBeforeEveryRun) {
  const ProgramEnd end = Run(absl::StrReplaceAll(kPaired, {{"$CANARY", "200ms"}}));
  EXPECT_EQ(end.code, kExitValid) << end.output;
  const v1::RunResult run = Latest();
  for (const v1::Leg& leg : run.legs()) EXPECT_GT(leg.canary_per_s(), 1000) << leg.index();
}

TEST_F(ComparisonTest, RefusesADesignThatCannotReachAVerdict) {
  const ProgramEnd end =
      Run(absl::StrCat(absl::StrReplaceAll(kPaired, {{"$CANARY", "0s"}}), "  rounds: 5\n"));
  EXPECT_EQ(end.code, kExitBadCampaign);
  EXPECT_THAT(end.output, HasSubstr("rounds: 5 cannot lead to any verdict"));
}

constexpr char kBatches[] = R"(
name: batches
dataset: {records: 200, logs: }
targets:
  - name: single
    sqlite: {path: $FOLDER/single.db}
    variants:
      - {name: many, set: [batch=10, sqlite.path=$FOLDER/many.db]}
scenarios:
  - name: inserts
    phases: {load: {batch: 50}, measure: 1s}
    shape: {open: {rate: 40/s, arrivals: constant, sessions: 2}}
    operations: [{do: insert}]
)";

TEST_F(ComparisonTest, ATargetWithABatchOfItsOwnWritesSoManyRecordsAndVerifies) {
  const ProgramEnd end = Run(kBatches);
  const v1::RunResult run = Latest();
  ASSERT_EQ(run.legs_size(), 2) << end.output;
  EXPECT_EQ(run.legs(0).operations(0).batch(), 1u);
  EXPECT_EQ(run.legs(1).operations(0).batch(), 10u);
  const ProgramEnd verify = Weir({"verify", "latest"});
  EXPECT_EQ(verify.code, kExitValid) << verify.output;
  EXPECT_THAT(verify.output, HasSubstr("many"));
}

}  // namespace
}  // namespace weir
