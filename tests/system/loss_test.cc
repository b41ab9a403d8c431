// Agents and coordinators that are cut off, frozen or killed, with the real programs (R40, R41,
// R43).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/spool_reader.h"

#include "measure/tally.h"
#include "tests/support/cuttable_proxy.h"
#include "tests/support/memory_disk.h"
#include "tests/system/agents_in_a_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class LossTest : public AgentsInAFolder {
 protected:
  std::string SpoolOf(const std::string& name) const { return absl::StrCat(folder_, "/", name); }

  // Two, each with a folder of its own for what the coordinator has not kept.
  std::vector<std::unique_ptr<Program>> AgentsWithSpools(const std::string& address) const {
    std::vector<std::unique_ptr<Program>> agents;
    for (const char* name : kNames) {
      std::filesystem::create_directories(SpoolOf(name));
      agents.push_back(Agent(address, {"--name", name, "--spool", SpoolOf(name)}));
    }
    return agents;
  }

  // The number of the last report that the agent has on its disk.
  uint64_t LastOnDisk(const std::string& name) const {
    uint64_t last = 0;
    for (const auto& entry : std::filesystem::directory_iterator(SpoolOf(name))) {
      if (!entry.path().filename().string().starts_with(kSpoolPrefix)) continue;
      MemoryDisk copy;  // the agent has the file itself for its own
      EXPECT_TRUE((*copy.Open("spool"))->Append(ReadAll(entry.path())).ok());
      const auto read = ReadSpoolFile(*copy.Open("spool"), [&](v1::SpoolRecord& record) {
        last = std::max(last, record.report().sequence());
      });
      EXPECT_TRUE(read.ok() || last == 0) << read.status();
    }
    return last;
  }

  // In the middle of the drive, until each agent has seven more reports for it.
  void StandStill(Program& run) const {
    ASSERT_TRUE(run.WaitForOutput("driving steady on nothing", 60s)) << run.Output();
    run.Signal(SIGSTOP);
    std::map<std::string, uint64_t> awaited;
    for (const char* name : kNames) awaited[name] = LastOnDisk(name) + 7;
    for (const auto& [name, report] : awaited) {
      for (int i = 0; i < 600 && LastOnDisk(name) < report; ++i) {
        std::this_thread::sleep_for(50ms);
      }
      EXPECT_GE(LastOnDisk(name), report) << name;
    }
    run.Signal(SIGCONT);
  }

  // Everything that was planned was done, in time.
  void ExpectWhole(uint64_t operations) const {
    const v1::RunResult run = Latest();
    EXPECT_EQ(run.state(), v1::RUN_STATE_FINISHED);
    EXPECT_EQ(Measured(run).planned(), operations);
    EXPECT_EQ(Measured(run).ok(), operations);
    // A pacer that waited for the coordinator would be late by seconds.
    Tally tally;
    ASSERT_TRUE(tally.Add(Measured(run)).ok());
    EXPECT_LT(tally.lag.Max(), 3'000'000'000u);
  }

  static constexpr const char* kNames[] = {"north", "south"};
};

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

// ----------------------------------------------------------------- a way that says nothing more

// Neither end is told that the connection is dead; the coordinator has nothing to wait for.
TEST_F(LossTest, LosesNothingWhenTheWayToAnAgentThatWaitsFallsSilentWithinTheLease) {
  const std::string certs = Certs();
  Program near({WEIR_AGENT_PROGRAM, "--listen", "127.0.0.1:0", "--once", "--tls", certs});
  Program far({WEIR_AGENT_PROGRAM, "--listen", "127.0.0.1:0", "--once", "--tls", certs});
  const std::string near_address = Address(near, "waits to be dialled on ");
  const std::string far_address = Address(far, "waits to be dialled on ");
  CuttableProxy proxy(std::stoi(far_address.substr(far_address.find(':') + 1)));
  const std::string addresses = absl::StrCat(near_address, ",127.0.0.1:", proxy.port());
  const auto run = Run({"--dial", addresses, "--tls", certs, "--lease", "20s"}, "12s");
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  const int before = proxy.connections();
  proxy.Forget();
  EXPECT_EQ(run->Wait(90s), kExitValid) << run->Output() << far.Output();
  EXPECT_GT(proxy.connections(), before);
  EXPECT_THAT(run->Output(), Not(HasSubstr("was lost")));
  EXPECT_EQ(near.Wait(10s), 0) << near.Output();
  EXPECT_EQ(far.Wait(10s), 0) << far.Output();
  ExpectWhole(1200);
}

// ---------------------------------------------------------------- a coordinator that stands still

// R45: what waits is on the agents' disks. How much of it may be under way is held by
// AgentControlTest.HasFourReportsUnderWay…, and behind a relay by RelayedAgentTest.
TEST_F(LossTest, ACoordinatorThatStandsStillHoldsUpNoLoadAndGetsEveryReport) {
  const auto run = Listen(2, {"--lease", "60s"}, "12s");
  const auto agents = AgentsWithSpools(AddressOf(*run));
  StandStill(*run);
  EXPECT_EQ(run->Wait(90s), kExitValid) << run->Output();
  for (const auto& agent : agents) EXPECT_EQ(agent->Wait(10s), 0) << agent->Output();
  ExpectWhole(1200);
}

TEST_F(LossTest, ACoordinatorThatStandsStillBehindARelayGetsEveryReport) {
  const auto run = Listen(2, {"--lease", "60s"}, "12s");
  Program relay({WEIR_PROGRAM, "relay", "--coordinator", AddressOf(*run), "--listen", "127.0.0.1:0",
                 "--name", "r"});
  ASSERT_TRUE(relay.WaitForOutput("attends the coordinator", 30s)) << relay.Output();
  const auto agents = AgentsWithSpools(Address(relay, "takes agents on "));
  StandStill(*run);
  EXPECT_EQ(run->Wait(90s), kExitValid) << run->Output() << relay.Output();
  for (const auto& agent : agents) EXPECT_EQ(agent->Wait(10s), 0) << agent->Output();
  EXPECT_EQ(relay.Wait(20s), kExitValid) << relay.Output();
  EXPECT_THAT(run->Output(), Not(HasSubstr("its connection broke"))) << "the relay held on";
  ExpectWhole(1200);
}

}  // namespace
}  // namespace weir
