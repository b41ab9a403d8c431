// Relays between agents and coordinator, with the real programs: what they carry, what becomes of a
// run when one is killed, and who may be one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>

#include "absl/strings/str_cat.h"
#include "control/agent_exit.h"

#include "coordinator/cli/exit_code.h"
#include "tests/system/weir_in_a_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr char kCampaign[] = R"(
name: relayed
dataset: {records: 300, logs: {}}
targets: [{name: file, sqlite: {path: RECORDS}}]
scenarios:
  - name: steady
    phases: {load: {batch: 10, sessions: 3}, measure: SECONDS}
    shape: {open: {rate: 60/s, arrivals: constant, sessions: 6}}
    operations: [{do: read}]
)";

class RelayTest : public WeirInAFolder {
 protected:
  std::unique_ptr<Program> Listen(const std::vector<std::string>& more,
                                  const std::string& seconds = "3s") const {
    std::string campaign = kCampaign;
    campaign.replace(campaign.find("RECORDS"), 7, folder_ + "/records.db");
    campaign.replace(campaign.find("SECONDS"), 7, seconds);
    std::vector<std::string> arguments = {
        WEIR_PROGRAM, "--store",     folder_ + "/results.db", "run", Campaign(campaign),
        "--listen",   "127.0.0.1:0", "--expect-agents",       "3",   "--override-gates"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<Program>(arguments);
  }

  // The address that the program names after these words.
  static std::string Address(Program& program, const std::string& words) {
    EXPECT_TRUE(program.WaitForOutput(words + "127.0.0.1:", 30s)) << program.Output();
    const std::string output = program.Output();
    std::smatch match;
    const std::regex address(words + "(127\\.0\\.0\\.1:[0-9]+)");
    return std::regex_search(output, match, address) ? match[1].str() : "127.0.0.1:1";
  }
  static std::string AddressOf(Program& coordinator) { return Address(coordinator, " agents on "); }

  static std::unique_ptr<Program> Relay(const std::string& coordinator,
                                        std::vector<std::string> more = {}) {
    more.insert(more.begin(), {WEIR_PROGRAM, "relay", "--coordinator", coordinator, "--listen",
                               "127.0.0.1:0", "--name", "r1"});
    return std::make_unique<Program>(more);
  }
  static std::string AddressOfRelay(Program& relay) {
    EXPECT_TRUE(relay.WaitForOutput("attends the coordinator", 30s)) << relay.Output();
    return Address(relay, "takes agents on ");
  }

  static std::vector<std::unique_ptr<Program>> Agents(const std::string& addresses,
                                                      const std::vector<std::string>& more = {}) {
    std::vector<std::unique_ptr<Program>> agents;
    for (const char* name : {"a", "b", "c"}) {
      std::vector<std::string> arguments = {WEIR_AGENT_PROGRAM, "--coordinator", addresses,
                                            "--name", name};
      arguments.insert(arguments.end(), more.begin(), more.end());
      agents.push_back(std::make_unique<Program>(arguments));
    }
    return agents;
  }

  // Every record was written and every operation driven, by all three.
  void ExpectWhole(uint64_t operations) const {
    const v1::RunResult run = Latest();
    ASSERT_EQ(run.legs_size(), 1);
    uint64_t loaded = 0;
    uint64_t driven = 0;
    for (const v1::PhaseResult& result : run.legs(0).results()) {
      if (result.phase() == v1::PHASE_LOAD) loaded += result.total().records();
      if (result.phase() == v1::PHASE_MEASURE) driven += result.total().planned();
      EXPECT_EQ(result.total().lost(), 0u);
      EXPECT_EQ(result.total().planned(), result.total().ok() + result.total().unsent());
    }
    EXPECT_EQ(loaded, 300u);
    EXPECT_EQ(driven, operations);
    EXPECT_EQ(run.agents_size(), 3);
  }
};

TEST_F(RelayTest, CarriesARunToItsEndAndEndsWithIt) {
  const auto run = Listen({});
  const auto relay = Relay(AddressOf(*run));
  const auto agents = Agents(AddressOfRelay(*relay));
  EXPECT_EQ(run->Wait(90s), kExitValid) << run->Output() << relay->Output();
  for (const auto& agent : agents) EXPECT_EQ(agent->Wait(20s), 0) << agent->Output();
  EXPECT_EQ(relay->Wait(20s), kExitValid) << relay->Output();
  EXPECT_THAT(run->Output(), HasSubstr("relay r1 attends"));
  ExpectWhole(180);
}

TEST_F(RelayTest, CarriesARunOverMutualTls) {
  const std::string certs = folder_ + "/certs";
  ASSERT_EQ(Weir({"certs", "--out", certs}).code, kExitValid);
  const auto run = Listen({"--tls", certs});
  const auto relay = Relay(AddressOf(*run), {"--tls", certs});
  const auto agents = Agents(AddressOfRelay(*relay), {"--tls", certs});
  EXPECT_EQ(run->Wait(90s), kExitValid) << run->Output() << relay->Output();
  for (const auto& agent : agents) EXPECT_EQ(agent->Wait(20s), 0) << agent->Output();
  EXPECT_EQ(relay->Wait(20s), kExitValid) << relay->Output();
  EXPECT_EQ(Latest().control_security(), "mutual TLS, join token");
  ExpectWhole(180);
}

TEST_F(RelayTest, AgentsOfARelayThatIsKilledGoOnElsewhere) {
  const auto run = Listen({}, "8s");
  const std::string coordinator = AddressOf(*run);
  const auto relay = Relay(coordinator);
  const auto agents = Agents(absl::StrCat(AddressOfRelay(*relay), ",", coordinator));
  ASSERT_TRUE(run->WaitForOutput("driving steady on file", 60s)) << run->Output();
  relay->Signal(SIGKILL);
  EXPECT_EQ(run->Wait(90s), kExitValid) << run->Output();
  for (const auto& agent : agents) EXPECT_EQ(agent->Wait(20s), 0) << agent->Output();
  EXPECT_THAT(run->Output(), HasSubstr("relay r1: its connection broke"));
  ExpectWhole(480);
}

TEST_F(RelayTest, AgentsThatKnowNoOtherWayAreLostWithTheirRelay) {
  const auto run = Listen({}, "30s");
  const auto relay = Relay(AddressOf(*run));
  const auto agents = Agents(AddressOfRelay(*relay));
  ASSERT_TRUE(run->WaitForOutput("driving steady on file", 60s)) << run->Output();
  relay->Signal(SIGKILL);
  EXPECT_EQ(run->Wait(90s), kExitAgentLost) << run->Output();
  EXPECT_THAT(run->Output(), HasSubstr("no word from it within the lease"));
}

TEST_F(RelayTest, WhoMayNotRelayIsToldWhy) {
  const std::string certs = folder_ + "/certs";
  ASSERT_EQ(Weir({"certs", "--out", certs}).code, kExitValid);
  const auto run = Listen({"--tls", certs, "--join-timeout", "30s"});
  const std::string coordinator = AddressOf(*run);
  std::ofstream(folder_ + "/guess") << "a-guess-of-more-than-22-characters";
  const auto wrong = Relay(coordinator, {"--tls", certs, "--join-token-file", folder_ + "/guess"});
  EXPECT_EQ(wrong->Wait(30s), static_cast<int>(AgentExit::kRefused)) << wrong->Output();
  EXPECT_THAT(wrong->Output(), HasSubstr("the join token is not this run's"));
  const std::string agents = folder_ + "/agent";
  std::filesystem::create_directories(agents);
  for (const auto& [from, to] :
       {std::pair("ca.crt", "ca.crt"), std::pair("agent.crt", "tls.crt"),
        std::pair("agent.key", "tls.key"), std::pair("join-token", "join-token")}) {
    std::filesystem::copy_file(absl::StrCat(certs, "/", from), absl::StrCat(agents, "/", to));
  }
  const auto agent = Relay(coordinator, {"--tls", agents});
  EXPECT_EQ(agent->Wait(30s), kExitUsage) << agent->Output();
  EXPECT_THAT(agent->Output(), HasSubstr("is not for weir-relay"));
}

TEST_F(RelayTest, EndsWithoutACoordinatorAndAtSigterm) {
  const auto alone = Relay("127.0.0.1:1", {"--join-timeout", "1s"});
  EXPECT_EQ(alone->Wait(20s), static_cast<int>(AgentExit::kLostCoordinator)) << alone->Output();
  const auto run = Listen({});
  const auto relay = Relay(AddressOf(*run));
  AddressOfRelay(*relay);
  relay->Signal(SIGTERM);
  EXPECT_EQ(relay->Wait(20s), static_cast<int>(AgentExit::kStopped)) << relay->Output();
  const ProgramEnd far =
      Weir({"relay", "--coordinator", "192.0.2.1:7070", "--listen", "0.0.0.0:0"});
  EXPECT_EQ(far.code, kExitUsage);
  EXPECT_THAT(far.output, HasSubstr("--tls DIR"));
}

}  // namespace
}  // namespace weir
