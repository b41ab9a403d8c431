// The ready campaigns that compare, each run small: the real programs, a real PostgreSQL, the
// Cosmos emulator. What request units must come to is known beforehand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/emulator.h"
#include "coordinator/cli/exit_code.h"
#include "reports/results_store.h"
#include "tests/support/program.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

class ReadyComparison : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    postgres_ = new ThrowawayPostgres();
    auto emulator = cosmos::Emulator::Start({});
    ASSERT_TRUE(emulator.ok()) << emulator.status();
    emulator_ = emulator->release();
  }
  static void TearDownTestSuite() {
    delete postgres_;
    delete emulator_;
  }
  ReadyComparison() {
    folder_ = absl::StrCat(testing::TempDir(), "/weir-ready-comparison-", getpid());
    std::filesystem::remove_all(folder_);
  }
  ~ReadyComparison() override { std::filesystem::remove_all(folder_); }

  // Every target of the campaign goes to the servers of this test.
  v1::RunResult Run(const std::string& name, const std::vector<std::string>& postgres,
                    const std::vector<std::string>& cosmos, std::vector<std::string> settings) {
    std::vector<std::string> arguments = {WEIR_PROGRAM,
                                          "--store",
                                          folder_ + "/results.db",
                                          "run",
                                          absl::StrCat("campaigns/", name, ".yaml"),
                                          "--agents",
                                          "2",
                                          "--override-gates",
                                          "--out",
                                          folder_};
    for (const std::string& target : postgres) {
      settings.push_back(absl::StrCat("targets.", target, ".postgres.port=", postgres_->port()));
    }
    for (const std::string& target : cosmos) {
      settings.push_back(absl::StrCat(
          "targets.", target, ".cosmos.endpoint=http://127.0.0.1:", emulator_->port(), "/"));
    }
    settings.push_back("compare.canary=0s");
    for (const std::string& setting : settings) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    const ProgramEnd end = RunProgram(
        arguments,
        {"PGPASSWORD=any", absl::StrCat("COSMOS_KEY=", std::string(cosmos::kWellKnownEmulatorKey))},
        300s);
    EXPECT_EQ(end.code, kExitValid) << end.output;
    auto store = OpenResultsStore(folder_ + "/results.db");
    auto run = (*store)->LoadRun("latest");
    EXPECT_TRUE(run.ok()) << run.status() << end.output;
    return run.ok() ? *run : v1::RunResult();
  }

  static std::map<std::string, v1::Finding> Findings(const v1::RunResult& run) {
    std::map<std::string, v1::Finding> findings;
    for (const v1::Compared& compared : run.comparison().compared()) {
      EXPECT_NE(compared.finding(), v1::FINDING_INVALID) << compared.sentence();
      const std::string& of =
          compared.operation().empty() ? compared.metric() : compared.operation();
      findings[absl::StrCat(compared.target(), " ", of)] = compared.finding();
    }
    return findings;
  }

  static inline ThrowawayPostgres* postgres_ = nullptr;
  static inline cosmos::Emulator* emulator_ = nullptr;
  std::string folder_;
};

TEST_F(ReadyComparison, Ingest) {
  const v1::RunResult run =
      Run("ingest", {"postgres"}, {"cosmos"}, {"dataset.records=2000", "compare.rounds=6"});
  EXPECT_EQ(Findings(run).size(), 1u);
  EXPECT_EQ(run.comparison().compared(0).pairs_size(), 6);
}

TEST_F(ReadyComparison, Mixed) {
  const v1::RunResult run =
      Run("mixed", {"postgres"}, {"cosmos"},
          {"dataset.records=1000", "compare.rounds=7", "compare.extend=false",
           "scenarios.mixed.phases.warm_up=0s", "scenarios.mixed.phases.measure=1s",
           "scenarios.mixed.shape.open.rate=300/s", "scenarios.mixed.shape.open.sessions=16",
           "compare.metrics=[{metric: response_p50_us}, {metric: throughput_ops_per_s}]"});
  EXPECT_EQ(Findings(run).size(), 2u);
}

TEST_F(ReadyComparison, IndexingPolicy) {
  const v1::RunResult run =
      Run("indexing-policy", {}, {"all-fields"},
          {"dataset.records=300", "compare.rounds=8", "scenarios.write-and-query.phases.warm_up=0s",
           "scenarios.write-and-query.phases.measure=1s"});
  const auto findings = Findings(run);
  ASSERT_EQ(findings.size(), 4u);
  EXPECT_EQ(findings.at("queried insert"), v1::FINDING_FASTER) << "each index costs its writes";
  EXPECT_EQ(findings.at("keys-only insert"), v1::FINDING_FASTER);
  EXPECT_EQ(findings.at("keys-only level_counts"), v1::FINDING_SLOWER)
      << "without an index a query reads everything";
}

TEST_F(ReadyComparison, PartitionKey) {
  const v1::RunResult run =
      Run("partition-key", {}, {"service"},
          {"dataset.records=300", "compare.rounds=8", "scenarios.write-and-find.phases.warm_up=0s",
           "scenarios.write-and-find.phases.measure=1s"});
  const auto findings = Findings(run);
  ASSERT_EQ(findings.size(), 6u);
  EXPECT_EQ(findings.at("trace trace"), v1::FINDING_FASTER)
      << "a lookup by the partition key asks one partition";
  EXPECT_EQ(findings.at("id recent_errors"), v1::FINDING_SLOWER);
}

TEST_F(ReadyComparison, BatchSize) {
  const v1::RunResult run = Run("batch-size", {"postgres-10"}, {"cosmos-10"},
                                {"dataset.records=1000", "compare.rounds=8"});
  EXPECT_EQ(Findings(run).size(), 5u);
}

TEST_F(ReadyComparison, Durability) {
  const v1::RunResult run =
      Run("durability", {"durable"}, {},
          {"dataset.records=500", "compare.rounds=7", "compare.metrics=[{metric: response_p50_us}]",
           "scenarios.inserts.phases.warm_up=0s", "scenarios.inserts.phases.measure=1s"});
  EXPECT_EQ(Findings(run).size(), 2u);
}

}  // namespace
}  // namespace weir
