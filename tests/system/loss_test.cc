// Agents and coordinators that are cut off, frozen or killed, with the real programs (R40, R41,
// R43).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "coordinator/cli/exit_code.h"
#include "reports/results_store.h"
#include "tests/support/cuttable_proxy.h"
#include "tests/support/program.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr char kCampaign[] = R"(
name: loss
dataset: {records: 1000, logs: {}}
targets: [{name: nothing, "null": {}}]
scenarios:
  - name: steady
    phases: {measure: 8s}
    shape: {open: {rate: 100/s, arrivals: constant, sessions: 8}}
    operations: [{do: read}]
)";

class LossTest : public testing::Test {
 protected:
  LossTest() {
    folder_ = absl::StrCat(testing::TempDir(), "/weir-loss-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/campaign.yaml") << kCampaign;
  }
  ~LossTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> Weir(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {WEIR_PROGRAM, "--store", folder_ + "/results.db"});
    return arguments;
  }
  std::vector<std::string> Run(std::vector<std::string> options) const {
    options.insert(options.begin(), {"run", folder_ + "/campaign.yaml", "--override-gates"});
    return Weir(std::move(options));
  }

  v1::RunResult Latest() const {
    auto store = OpenResultsStore(folder_ + "/results.db");
    EXPECT_TRUE(store.ok()) << store.status();
    auto run = (*store)->LoadRun("latest");
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : v1::RunResult();
  }

  std::string folder_;
};

const v1::Tally& Measured(const v1::RunResult& run) {
  return run.legs(0).results(run.legs(0).results_size() - 1).total();
}

uint64_t Settled(const v1::Tally& tally) {
  return tally.ok() + tally.not_found() + tally.conflict() + tally.throttled() + tally.timed_out() +
         tally.failed() + tally.in_doubt() + tally.unsent() + tally.lost();
}

TEST_F(LossTest, LosesNothingWhenAConnectionBreaksAndComesBackWithinTheLease) {
  const int port = 20000 + getpid() % 20000;
  Program coordinator(Run({"--listen", absl::StrCat("127.0.0.1:", port), "--expect-agents", "2"}));
  CuttableProxy proxy(port);
  Program near(
      {WEIR_AGENT_PROGRAM, "--coordinator", absl::StrCat("127.0.0.1:", port), "--name", "near"});
  ASSERT_TRUE(coordinator.WaitForOutput("waiting for 2 agents", 30s)) << coordinator.Output();
  Program far({WEIR_AGENT_PROGRAM, "--coordinator", absl::StrCat("127.0.0.1:", proxy.port()),
               "--name", "far"});
  ASSERT_TRUE(coordinator.WaitForOutput("steady · nothing", 60s)) << coordinator.Output();
  proxy.Cut();
  coordinator.Wait(60s);
  EXPECT_THAT(coordinator.Output(), HasSubstr("agent far: its connection broke"));
  EXPECT_THAT(coordinator.Output(), Not(HasSubstr("was lost")));
  EXPECT_GE(proxy.connections(), 2);
  EXPECT_EQ(near.Wait(10s), 0) << near.Output();
  EXPECT_EQ(far.Wait(10s), 0) << far.Output();
  const v1::RunResult run = Latest();
  EXPECT_EQ(run.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(Measured(run).planned(), 800u);
  EXPECT_EQ(Settled(Measured(run)), 800u);
  EXPECT_EQ(Measured(run).lost(), 0u);
}

TEST_F(LossTest, CountsTheOperationsOfAFrozenAgentAsLost) {
  Program program(Run({"--agents", "2"}));
  ASSERT_TRUE(program.WaitForOutput("steady · nothing", 60s)) << program.Output();
  const std::vector<pid_t> agents = program.Processes("weir-agent");
  ASSERT_EQ(agents.size(), 2u);
  kill(agents[1], SIGSTOP);
  EXPECT_EQ(program.Wait(30s), kExitRunInvalid) << program.Output();
  EXPECT_THAT(program.Output(), HasSubstr("was lost: no word from it within the lease"));
  const v1::RunResult run = Latest();
  EXPECT_EQ(run.state(), v1::RUN_STATE_ABORTED);
  EXPECT_GT(Measured(run).lost(), 0u);
  EXPECT_EQ(Measured(run).planned(), Settled(Measured(run)));
}

TEST_F(LossTest, TellsOfARunWhoseCoordinatorWasKilled) {
  Program program(Run({"--agents", "2"}));
  ASSERT_TRUE(program.WaitForOutput("steady · nothing", 60s)) << program.Output();
  const ProgramEnd alive = RunProgram(Weir({"list"}), {}, 10s);
  EXPECT_THAT(alive.output, HasSubstr("running"));
  program.Signal(SIGKILL);
  program.Wait(5s);
  const ProgramEnd list = RunProgram(Weir({"list"}), {}, 10s);
  EXPECT_THAT(list.output, HasSubstr("aborted"));
  const ProgramEnd show = RunProgram(Weir({"show", "latest"}), {}, 10s);
  EXPECT_THAT(show.output, HasSubstr("the coordinator ended before the run did"));
  EXPECT_EQ(Latest().verdict().validity(), v1::VALIDITY_INVALID);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_NE(entry.path().extension(), ".journal") << "it has served";
  }
}

}  // namespace
}  // namespace weir
