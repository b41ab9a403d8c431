// Agents and coordinators that are cut off, frozen or killed, with the real programs (R40, R41,
// R43).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"

#include "measure/tally.h"
#include "tests/support/cuttable_proxy.h"
#include "tests/system/agents_in_a_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class LossTest : public AgentsInAFolder {};

TEST_F(LossTest, LosesNothingWhenAConnectionBreaksAndComesBackWithinTheLease) {
  const auto coordinator = Listen(2, {}, "8s");
  const std::string address = AddressOf(*coordinator);
  CuttableProxy proxy(std::stoi(address.substr(address.find(':') + 1)));
  const auto near = Agent(address, {"--name", "near"});
  const auto far = Agent(absl::StrCat("127.0.0.1:", proxy.port()), {"--name", "far"});
  ASSERT_TRUE(coordinator->WaitForOutput("driving steady on nothing", 60s))
      << coordinator->Output();
  proxy.Cut();
  coordinator->Wait(60s);
  EXPECT_THAT(coordinator->Output(), HasSubstr("agent far: its connection broke"));
  EXPECT_THAT(coordinator->Output(), Not(HasSubstr("was lost")));
  EXPECT_GE(proxy.connections(), 2);
  EXPECT_EQ(near->Wait(10s), 0) << near->Output();
  EXPECT_EQ(far->Wait(10s), 0) << far->Output();
  const v1::RunResult run = Latest();
  EXPECT_EQ(run.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(Measured(run).planned(), 800u);
  EXPECT_EQ(Settled(Measured(run)), 800u);
  EXPECT_EQ(Measured(run).lost(), 0u);
}

TEST_F(LossTest, CountsTheOperationsOfAFrozenAgentAsLost) {
  const auto program = Run({"--agents", "2"}, "8s");
  ASSERT_TRUE(program->WaitForOutput("driving steady on nothing", 60s)) << program->Output();
  const std::vector<pid_t> agents = program->Processes("weir-agent");
  ASSERT_EQ(agents.size(), 2u);
  kill(agents[1], SIGSTOP);
  EXPECT_EQ(program->Wait(30s), kExitAgentLost) << program->Output();
  EXPECT_THAT(program->Output(), HasSubstr("was lost: no word from it within the lease"));
  const v1::RunResult run = Latest();
  EXPECT_EQ(run.state(), v1::RUN_STATE_ABORTED);
  EXPECT_GT(Measured(run).lost(), 0u);
  EXPECT_EQ(Measured(run).planned(), Settled(Measured(run)));
}

TEST_F(LossTest, TellsOfARunWhoseCoordinatorWasKilled) {
  const auto program = Run({"--agents", "2"}, "8s");
  ASSERT_TRUE(program->WaitForOutput("driving steady on nothing", 60s)) << program->Output();
  const ProgramEnd alive = Weir({"list"});
  EXPECT_THAT(alive.output, HasSubstr("running"));
  program->Signal(SIGKILL);
  program->Wait(5s);
  const ProgramEnd list = Weir({"list"});
  EXPECT_THAT(list.output, HasSubstr("aborted"));
  const ProgramEnd show = Weir({"show", "latest"});
  EXPECT_THAT(show.output, HasSubstr("the coordinator ended before the run did"));
  EXPECT_EQ(Latest().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(list.output, HasSubstr("weir recover " + Latest().id() + " --spools DIR"));
}

// R45: seven reports of each agent wait, of which four may be under way, the others on disk.
TEST_F(LossTest, ACoordinatorThatStandsStillHoldsUpNoLoadAndGetsEveryReport) {
  const auto program = Run({"--agents", "2", "--lease", "30s"}, "12s");
  ASSERT_TRUE(program->WaitForOutput("driving steady on nothing", 60s)) << program->Output();
  program->Signal(SIGSTOP);
  std::this_thread::sleep_for(7s);
  program->Signal(SIGCONT);
  EXPECT_EQ(program->Wait(60s), kExitValid) << program->Output();
  EXPECT_THAT(program->Output(), Not(HasSubstr("was lost")));
  const v1::RunResult run = Latest();
  EXPECT_EQ(run.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(Measured(run).planned(), 1200u);
  EXPECT_EQ(Measured(run).ok(), 1200u);
  // A pacer that waited for the coordinator would be late by seconds.
  Tally tally;
  ASSERT_TRUE(tally.Add(Measured(run)).ok());
  EXPECT_LT(tally.lag.Max(), 3'000'000'000u);
}

}  // namespace
}  // namespace weir
