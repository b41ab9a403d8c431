// Comparisons as a user runs them: the real programs, and targets whose difference is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "coordinator/cli/exit_code.h"
#include "reports/results_store.h"
#include "tests/support/cuttable_proxy.h"
#include "tests/support/program.h"
#include "tests/support/throwaway_postgres.h"
#include "tests/system/weir_in_a_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class ComparisonTest : public WeirInAFolder {
 protected:
  // A machine that runs tests is seldom fit to measure on: the gates have tests of their own.
  ProgramEnd Run(const std::string& text) const {
    return Weir({"run", Campaign(absl::StrReplaceAll(text, {{"$FOLDER", folder_}})), "--agents",
                 "2", "--out", folder_ + "/out", "--override-gates"});
  }
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

constexpr char kServers[] = R"(
name: servers
dataset: {records: 1000, logs: }
targets:
  - name: postgres
    postgres: {port: $PLAIN}
    variants:
      - {name: itself, set: [postgres.port=$TWIN]}
      - {name: slower, set: [postgres.port=$SLOW]}
scenarios:
  - name: inserts
    phases: {load: {batch: 500}, warm_up: 500ms, measure: 5s}
    shape: {open: {rate: 45/s, arrivals: constant, sessions: 4}}
    operations: [{do: insert}]
compare:
  rounds: 7
  metrics: [{metric: response_p50_us}]
  canary: 0s
)";

const v1::Compared& Of(const v1::RunResult& run, const std::string& target) {
  for (const v1::Compared& compared : run.comparison().compared()) {
    if (compared.target() == target) return compared;
  }
  ADD_FAILURE() << "nothing was said of " << target;
  return v1::Compared::default_instance();
}

// A real server beside itself, and beside itself with every answer held back by a tenth of its
// time. Each of its commits waits a while before it writes, so that the time of an insert does not
// depend on what else the machine does.
TEST_F(ComparisonTest, TellsAPostgresFromItsSlowerSelfAndNotFromItself) {
  const ThrowawayPostgres postgres(
      "", "-c max_connections=50 -c commit_delay=12000 -c commit_siblings=0");
  CuttableProxy plain(postgres.port());
  CuttableProxy twin(postgres.port());
  CuttableProxy slow(postgres.port());
  slow.SlowDown(0.1);
  const ProgramEnd end = Run(absl::StrReplaceAll(kServers, {{"$PLAIN", absl::StrCat(plain.port())},
                                                            {"$TWIN", absl::StrCat(twin.port())},
                                                            {"$SLOW", absl::StrCat(slow.port())}}));
  const v1::RunResult run = Latest();
  const v1::Compared& itself = Of(run, "itself");
  EXPECT_NE(itself.finding(), v1::FINDING_FASTER) << itself.sentence();
  EXPECT_NE(itself.finding(), v1::FINDING_SLOWER) << itself.sentence();
  EXPECT_EQ(itself.pairs_size(), 7) << end.output;
  const v1::Compared& slower = Of(run, "slower");
  EXPECT_EQ(slower.finding(), v1::FINDING_SLOWER) << slower.sentence() << "\n" << end.output;
  EXPECT_NEAR(slower.ratio(), 1.10, 0.05) << slower.sentence();
  std::printf("itself: %s\nslower: %s\n", itself.sentence().c_str(), slower.sentence().c_str());
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
