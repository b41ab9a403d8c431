// A campaign's budget, with the real programs and the Cosmos emulator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "backends/cosmos/emulator/emulator.h"
#include "coordinator/cli/exit_code.h"
#include "reports/results_store.h"
#include "tests/support/cuttable_proxy.h"
#include "tests/support/program.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr char kCampaign[] = R"(
name: budget
seed: 5
dataset: {records: 400, logs: {}}
targets:
  - name: cosmos
    cosmos: {endpoint: "$ENDPOINT", key: "${env:SYSTEM_TEST_KEY}", $CAPACITY}
scenarios:
  - name: reads
    phases: {load: {batch: 50, sessions: 4, verify: false}, measure: 25s}
    shape: {open: {rate: 200/s, arrivals: constant, sessions: 8}}
    operations: [{do: read}]
  - name: never
    phases: {measure: 1s}
    shape: {open: {rate: 10/s, sessions: 2}}
    operations: [{do: read}]
budget: {$BUDGET}
)";

class BudgetTest : public testing::Test {
 protected:
  // Reads cost ten times what the plan takes them for: 2,000 RU/s.
  void StartEmulator(cosmos::EmulatorOptions options) {
    options.coefficients.read_least = 10;
    options.coefficients.read_first_kb = 10;
    auto emulator = cosmos::Emulator::Start(options);
    ASSERT_TRUE(emulator.ok()) << emulator.status();
    emulator_ = *std::move(emulator);
  }
  void SetUp() override {
    StartEmulator({});
    folder_ = absl::StrCat(testing::TempDir(), "/weir-budget-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ProgramEnd Weir(const std::string& budget, std::vector<std::string> arguments,
                  const std::string& capacity = "throughput: 5000") {
    std::ofstream(folder_ + "/c.yaml") << absl::StrReplaceAll(
        kCampaign, {{"$ENDPOINT", endpoint_.empty() ? emulator_->endpoint() : endpoint_},
                    {"$BUDGET", budget},
                    {"$CAPACITY", capacity}});
    arguments.insert(arguments.begin(), {WEIR_PROGRAM, "--store", folder_ + "/results.db"});
    return RunProgram(
        arguments, {absl::StrCat("SYSTEM_TEST_KEY=", std::string(cosmos::kWellKnownEmulatorKey))},
        90s);
  }
  ProgramEnd Run(const std::string& budget, const std::string& capacity = "throughput: 5000") {
    return Weir(budget,
                {"run", folder_ + "/c.yaml", "--quiet", "--agents", "2", "--override-gates"},
                capacity);
  }
  v1::RunResult Stored() const {
    const auto store = OpenResultsStore(folder_ + "/results.db");
    return *(*store)->LoadRun("latest");
  }

  std::unique_ptr<cosmos::Emulator> emulator_;
  std::string folder_;
  std::string endpoint_;  // instead of the emulator's
};

TEST_F(BudgetTest, APlanThatExceedsItIsRefusedBeforeAnythingIsTouched) {
  for (const char* command : {"check", "plan", "run"}) {
    const ProgramEnd end = Weir("ru: 2000", {command, folder_ + "/c.yaml"});
    EXPECT_EQ(end.code, kExitBadCampaign) << end.output;
    EXPECT_THAT(end.output, HasSubstr("ru: the plan takes about")) << command;
    EXPECT_THAT(end.output, HasSubstr("c.yaml:17:14: "));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/results.db"));
  EXPECT_EQ(Weir("money: 0.000001", {"plan", folder_ + "/c.yaml"}).code, kExitBadCampaign);
  const ProgramEnd enough = Weir("ru: 20000, money: 1", {"plan", folder_ + "/c.yaml"});
  EXPECT_EQ(enough.code, kExitValid);
  EXPECT_THAT(enough.output, HasSubstr("of 20,000 RU and $"));
}

TEST_F(BudgetTest, RequestUnitsEndTheRunOnTheAgentsWithinASecondsUse) {
  const ProgramEnd end = Run("ru: 14000");
  EXPECT_EQ(end.code, kExitBudget) << end.output;
  EXPECT_THAT(end.output, HasSubstr("stopped at a limit: agent "));
  const v1::RunResult run = Stored();
  EXPECT_THAT(run.budget().reached(),
              HasSubstr("its share of the campaign's budget, in reads on "));
  EXPECT_GT(run.budget().ru_used(), 14'000 - 2 * 2000);
  EXPECT_LE(run.budget().ru_used(), 14'000 + 2000);  // one second of use
  EXPECT_THAT(run.legs(1).failure(), HasSubstr("not run: "));
  // What was measured is kept.
  EXPECT_GT(run.legs(0).results_size(), 0);
}

TEST_F(BudgetTest, MoneyEndsARunThatPaysForEachRequestUnit) {
  StartEmulator({.serverless = true});
  // $0.279 for a million: about 14,000 RU, of which the plan takes 8,000 and the reads would
  // 54,000.
  const ProgramEnd end = Run("money: 0.0039", "capacity: serverless");
  EXPECT_EQ(end.code, kExitBudget) << end.output;
  const v1::RunResult run = Stored();
  EXPECT_LE(run.budget().money_used(), 0.0039 + 2000 * 0.279e-6);
  EXPECT_GT(run.budget().money_used(), 0.0039 - 2 * 2000 * 0.279e-6);
  EXPECT_EQ(run.budget().ru_limit(), 0);
}

TEST_F(BudgetTest, APlanWithABusierSecondThanAllowedIsRefusedAtItsPlace) {
  const ProgramEnd operations = Weir("operations: 199/s", {"check", folder_ + "/c.yaml"});
  EXPECT_EQ(operations.code, kExitBadCampaign) << operations.output;
  EXPECT_THAT(operations.output, HasSubstr("c.yaml:17:22: operations: the plan takes about 200/s "
                                           "in its busiest second"));
  const ProgramEnd ru = Weir("ru_per_second: 150", {"run", folder_ + "/c.yaml"});
  EXPECT_EQ(ru.code, kExitBadCampaign) << ru.output;
  EXPECT_THAT(ru.output, HasSubstr("c.yaml:17:25: ru_per_second: the plan takes about "));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/results.db"));
  EXPECT_EQ(Weir("operations: 300/s", {"check", folder_ + "/c.yaml"}).code, kExitValid);
}

TEST_F(BudgetTest, MoreRequestUnitsInASecondThanAllowedEndTheRunOnTheAgents) {
  // The load waits for its allowance; the reads take five times what the plan says, and end.
  const ProgramEnd end = Run("ru_per_second: 1000");
  EXPECT_EQ(end.code, kExitBudget) << end.output;
  const v1::RunResult run = Stored();
  EXPECT_THAT(run.budget().reached(), HasSubstr("reached the 500 RU/s that are its share of the "
                                                "campaign's budget, in reads on cosmos"));
  bool disclosed = false;
  for (const v1::Condition& condition : run.legs(0).conditions()) {
    disclosed |= condition.group() == "Caps" && condition.name() == "request units";
  }
  EXPECT_TRUE(disclosed);
  for (const v1::PhaseResult& result : run.legs(0).results()) {
    if (result.phase() != v1::PHASE_LOAD) continue;
    EXPECT_EQ(result.total().records(), 400u);
  }
}

TEST(AgentLimits, AnAgentOfACoordinatorElsewhereDialsNobodyBeforeItKnowsItsTargets) {
  const ProgramEnd end =
      RunProgram({WEIR_AGENT_PROGRAM, "--coordinator", "192.0.2.1:7070"}, {}, 5s);
  EXPECT_EQ(end.code, 64) << end.output;
  EXPECT_THAT(end.output, HasSubstr("name what this agent may load with --allow-target"));
}

TEST_F(BudgetTest, ATargetThatAnAgentsOperatorHasNotListedEndsTheRunBeforeAnyConnection) {
  CuttableProxy target(1);  // counts who connects
  endpoint_ = absl::StrCat("http://127.0.0.1:", target.port());
  Weir("ru: 20000", {"check", folder_ + "/c.yaml"});  // writes the campaign
  const int port = 20000 + getpid() % 20000;
  const std::string address = absl::StrCat("127.0.0.1:", port);
  const std::string key =
      absl::StrCat("SYSTEM_TEST_KEY=", std::string(cosmos::kWellKnownEmulatorKey));
  Program coordinator({WEIR_PROGRAM, "--store", folder_ + "/results.db", "run", folder_ + "/c.yaml",
                       "--quiet", "--listen", address, "--expect-agents", "1"},
                      {key});
  Program agent({WEIR_AGENT_PROGRAM, "--coordinator", address, "--allow-target", "db.example"},
                {key});
  EXPECT_EQ(coordinator.Wait(60s), kExitTarget) << coordinator.Output();
  EXPECT_THAT(coordinator.Output(), HasSubstr("its operator has not listed it"));
  EXPECT_EQ(target.connections(), 0);
  agent.Wait(20s);
}

}  // namespace
}  // namespace weir
