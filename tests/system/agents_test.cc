// How agents and coordinator come together, with the real programs: certificates, tokens, indices,
// dialling in and out, and what becomes of those who may not join.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <memory>
#include <regex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "tests/system/agents_in_a_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class AgentsTest : public AgentsInAFolder {};

TEST_F(AgentsTest, TalkByMutualTlsAndTheReportSaysSo) {
  const std::string certs = Certs();
  const auto run = Listen(2, {"--tls", certs, "--out", folder_ + "/out"});
  const std::string address = AddressOf(*run);
  const auto near = Agent(address, {"--tls", certs, "--name", "near"});
  const auto far = Agent(address, {"--tls", certs, "--name", "far"});
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output() << near->Output();
  EXPECT_EQ(near->Wait(10s), 0) << near->Output();
  EXPECT_EQ(far->Wait(10s), 0) << far->Output();
  EXPECT_EQ(Latest().control_security(), "mutual TLS, join token");
  const std::string shown = absl::StrReplaceAll(run->Output(), {{"\n", " "}});  // it is wrapped
  EXPECT_THAT(shown, HasSubstr("control stream: mutual TLS, join token"));
  EXPECT_THAT(ReadAll(folder_ + "/out/report.md"), HasSubstr("control stream: mutual TLS"));
  EXPECT_THAT(ReadAll(folder_ + "/out/report.html"), HasSubstr("mutual TLS, join token"));
}

TEST_F(AgentsTest, TheTokenIsInNothingThatIsKeptOrShown) {
  const std::string certs = Certs();
  const std::string token = ReadAll(certs + "/join-token");
  ASSERT_GT(token.size(), 64u);
  const auto run = Listen(1, {"--tls", certs, "--out", folder_ + "/out"});
  const auto agent = Agent(AddressOf(*run), {"--tls", certs, "--spool", folder_});
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  const auto look = [&] {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (!entry.is_regular_file() || entry.path().filename() == "join-token") continue;
      EXPECT_THAT(ReadAll(entry.path()), Not(HasSubstr(token))) << entry.path();
    }
  };
  look();  // journal and spool are there while it runs
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output();
  look();
  EXPECT_THAT(run->Output(), Not(HasSubstr(token)));
  EXPECT_THAT(agent->Output(), Not(HasSubstr(token)));
}

TEST_F(AgentsTest, CertificatesOfAnotherSetAreRefused) {
  const std::string certs = Certs();
  const std::string foreign = Certs("foreign");
  const auto run = Listen(1, {"--tls", certs, "--join-timeout", "8s"});
  const std::string address = AddressOf(*run);
  const auto stranger = Agent(address, {"--tls", foreign});
  EXPECT_EQ(stranger->Wait(20s), 64) << stranger->Output();
  EXPECT_THAT(stranger->Output(), HasSubstr("not of our ca.crt"));
  EXPECT_EQ(run->Wait(20s), kExitAgentsMissing) << run->Output();
}

TEST_F(AgentsTest, AWrongTokenIsRefusedAndSoIsAnotherRun) {
  const std::string certs = Certs();
  const auto run = Listen(1, {"--tls", certs, "--run-id", "mine"});
  const std::string address = AddressOf(*run);
  std::ofstream(folder_ + "/guess") << "a-guess-of-more-than-22-characters";
  const auto wrong = Agent(address, {"--tls", certs, "--join-token-file", folder_ + "/guess"});
  EXPECT_EQ(wrong->Wait(20s), 64) << wrong->Output();
  EXPECT_THAT(wrong->Output(), HasSubstr("the join token is not this run's"));
  const auto lost = Agent(address, {"--tls", certs, "--run-id", "yours"});
  EXPECT_EQ(lost->Wait(20s), 64) << lost->Output();
  EXPECT_THAT(lost->Output(), HasSubstr("this is run mine"));
  const auto right = Agent(address, {"--tls", certs, "--run-id", "mine"});
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output();
  EXPECT_EQ(right->Wait(10s), 0) << right->Output();
  EXPECT_EQ(Latest().id(), "mine");
  const ProgramEnd again = Weir({"run", Campaign(kCampaign), "--run-id", "mine"});
  EXPECT_EQ(again.code, kExitFailure);
  EXPECT_THAT(again.output, HasSubstr("there is a run mine"));
}

TEST_F(AgentsTest, PlainTextIsRefusedWhereOtherMachinesCanBe) {
  const ProgramEnd run =
      Weir({"run", Campaign(kCampaign), "--listen", "0.0.0.0:0", "--expect-agents", "1"});
  EXPECT_EQ(run.code, kExitUsage);
  EXPECT_THAT(run.output, HasSubstr("--tls DIR"));
  const ProgramEnd agent = RunProgram(
      {WEIR_AGENT_PROGRAM, "--coordinator", "192.0.2.1:7070", "--allow-target", "any"}, {}, 10s);
  EXPECT_EQ(agent.code, 64);
  EXPECT_THAT(agent.output, HasSubstr("--insecure on both sides"));
  const ProgramEnd waiting = RunProgram(
      {WEIR_AGENT_PROGRAM, "--listen", "0.0.0.0:0", "--insecure", "--allow-target", "any"}, {},
      10s);
  EXPECT_EQ(waiting.code, 64);
  EXPECT_THAT(waiting.output, HasSubstr("join token"));
}

TEST_F(AgentsTest, PlainTextOverTheNetworkIsSaidInEveryReport) {
  const auto run = Run(
      {"--listen", "0.0.0.0:0", "--expect-agents", "1", "--insecure", "--out", folder_ + "/out"});
  ASSERT_TRUE(run->WaitForOutput("agents on 0.0.0.0:", 30s)) << run->Output();
  const std::string output = run->Output();
  std::smatch match;
  ASSERT_TRUE(std::regex_search(output, match, std::regex("0\\.0\\.0\\.0:([0-9]+)")));
  const auto agent = Agent("127.0.0.1:" + match[1].str());
  run->Wait(60s);
  EXPECT_THAT(run->Output(), HasSubstr("in plain text over the network (--insecure)"));
  EXPECT_THAT(ReadAll(folder_ + "/out/report.md"), HasSubstr("plain text over the network"));
  EXPECT_THAT(ReadAll(folder_ + "/out/report.html"), HasSubstr("plain text over the network"));
}

TEST_F(AgentsTest, AStrangerOnThisMachineCannotJoinALocalRun) {
  const auto run = Run({"--agents", "1"}, "4s");
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  const std::vector<pid_t> agents = run->Processes("weir-agent");
  ASSERT_EQ(agents.size(), 1u);
  const std::string command = ReadAll(absl::StrCat("/proc/", agents[0], "/cmdline"));
  EXPECT_THAT(command, Not(HasSubstr("weir1."))) << "the token is not in the command line";
  std::smatch match;
  ASSERT_TRUE(std::regex_search(command, match, std::regex("127\\.0\\.0\\.1:[0-9]+")));
  const auto stranger = Agent(match[0].str());
  EXPECT_EQ(stranger->Wait(10s), 64) << stranger->Output();
  EXPECT_THAT(stranger->Output(), HasSubstr("needs its join token"));
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output();
}

TEST_F(AgentsTest, TheNewestOfAnIndexAttendsAndWhoComesLateIsSentAway) {
  const auto run = Listen(2, {}, "4s");
  const std::string address = AddressOf(*run);
  const auto old = Agent(address, {"--name", "old", "--index", "1"});
  ASSERT_TRUE(old->WaitForOutput("attends run", 30s)) << old->Output();
  const auto fresh = Agent(address, {"--name", "fresh"}, {"JOB_COMPLETION_INDEX=1"});
  EXPECT_EQ(old->Wait(20s), 65) << old->Output();
  EXPECT_THAT(old->Output(), HasSubstr("SUPERSEDED"));
  const auto first = Agent(address, {"--name", "first"}, {"BACALHAU_PARTITION_INDEX=0"});
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  const auto late = Agent(address, {"--index", "0"});
  EXPECT_EQ(late->Wait(20s), 65) << late->Output();
  EXPECT_THAT(late->Output(), HasSubstr("too late"));
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output();
  EXPECT_EQ(fresh->Wait(10s), 0) << fresh->Output();
  EXPECT_EQ(first->Wait(10s), 0) << first->Output();
  const v1::RunResult result = Latest();
  ASSERT_EQ(result.agents_size(), 2);
  EXPECT_EQ(result.agents(0).name(), "first");
  EXPECT_EQ(result.agents(0).platform(), "bacalhau");
  EXPECT_EQ(result.agents(1).name(), "fresh");
}

TEST_F(AgentsTest, AsManyTakePartAsHaveJoinedWhenTheirNumberIsOpen) {
  const auto run = Run({"--listen", "127.0.0.1:0", "--expect-agents", "auto", "--join-window", "3s",
                        "--out", folder_ + "/out"});
  const std::string address = AddressOf(*run);
  const auto one = Agent(address, {"--name", "one"});
  const auto two = Agent(address, {"--name", "two"});
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output() << one->Output();
  EXPECT_EQ(one->Wait(10s), 0) << one->Output();
  EXPECT_EQ(two->Wait(10s), 0) << two->Output();
  EXPECT_EQ(Latest().agents_size(), 2);
  EXPECT_THAT(ReadAll(folder_ + "/out/report.html"), HasSubstr("2, as many as joined"));
  const ProgramEnd wrong =
      Weir({"run", Campaign(kCampaign), "--listen", "127.0.0.1:0", "--expect-agents", "some"});
  EXPECT_EQ(wrong.code, kExitUsage);
  EXPECT_THAT(wrong.output, HasSubstr("some is neither \"auto\" nor a number"));
}

TEST_F(AgentsTest, TheMissingAreNamedWhenTheTimeIsUp) {
  const auto run = Listen(3, {"--join-timeout", "3s"});
  const auto agent = Agent(AddressOf(*run), {"--name", "lonely", "--index", "1"});
  EXPECT_EQ(run->Wait(30s), kExitAgentsMissing) << run->Output();
  EXPECT_THAT(run->Output(), HasSubstr("2 of 3 agents did not join"));
  EXPECT_THAT(run->Output(), HasSubstr("missing: 0, 2; here: 1 (lonely on "));
  EXPECT_EQ(agent->Wait(10s), 0) << agent->Output();
}

// ------------------------------------------------------------------------------------ dialling out

TEST_F(AgentsTest, WaitingAgentsServeOneRunAfterAnother) {
  const std::string certs = Certs();
  std::vector<std::unique_ptr<Program>> agents;
  std::string addresses;
  for (const char* name : {"north", "south"}) {
    agents.push_back(std::make_unique<Program>(std::vector<std::string>{
        WEIR_AGENT_PROGRAM, "--listen", "127.0.0.1:0", "--tls", certs, "--name", name}));
    absl::StrAppend(&addresses, addresses.empty() ? "" : ",",
                    Address(*agents.back(), "waits to be dialled on "));
  }
  for (int i = 0; i < 2; ++i) {
    const auto run = Run({"--dial", addresses, "--tls", certs});
    EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output() << agents[0]->Output();
    const v1::RunResult result = Latest();
    EXPECT_EQ(result.control_security(), "mutual TLS, join token");
    ASSERT_EQ(result.agents_size(), 2);
    EXPECT_EQ(result.agents(0).name(), "north") << "the first that was named";
    EXPECT_EQ(result.agents(1).name(), "south");
  }
  for (const auto& agent : agents) {
    agent->Signal(SIGTERM);
    EXPECT_EQ(agent->Wait(10s), 143) << agent->Output();
  }
}

TEST_F(AgentsTest, AWaitingAgentServesNobodyWithoutItsTokenAndOneRunAtATime) {
  std::ofstream(folder_ + "/token") << "the-token-of-this-fleet-1234";
  std::ofstream(folder_ + "/guess") << "a-guess-of-more-than-22-characters";
  Program agent({WEIR_AGENT_PROGRAM, "--listen", "127.0.0.1:0", "--once", "--join-token-file",
                 folder_ + "/token"});
  const std::string address = Address(agent, "waits to be dialled on ");
  const auto wrong =
      Run({"--dial", address, "--join-token-file", folder_ + "/guess", "--join-timeout", "3s"});
  EXPECT_EQ(wrong->Wait(20s), kExitAgentsMissing) << wrong->Output();
  EXPECT_THAT(wrong->Output(), HasSubstr("the join token is not this agent's"));
  const auto run = Run({"--dial", address, "--join-token-file", folder_ + "/token"}, "5s");
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  const auto second =
      Run({"--dial", address, "--join-token-file", folder_ + "/token", "--join-timeout", "2s"});
  EXPECT_EQ(second->Wait(20s), kExitAgentsMissing) << second->Output();
  EXPECT_THAT(second->Output(), HasSubstr("it serves run "));
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output();
  EXPECT_EQ(agent.Wait(10s), 0) << "--once: " << agent.Output();
}

// ------------------------------------------------------------------------------------------- loss

TEST_F(AgentsTest, TheRunEndsWhenAnAgentIsToldToTerminateAndSaysWhich) {
  const auto run = Listen(2, {}, "20s");
  const std::string address = AddressOf(*run);
  const auto stays = Agent(address, {"--name", "stays"});
  const auto evicted = Agent(address, {"--name", "evicted"});
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  evicted->Signal(SIGTERM);
  EXPECT_EQ(evicted->Wait(10s), 143) << evicted->Output();
  EXPECT_EQ(run->Wait(30s), kExitAgentLost) << run->Output();
  EXPECT_THAT(run->Output(), HasSubstr("agent evicted was lost: it was told to terminate"));
  EXPECT_EQ(stays->Wait(10s), 0) << stays->Output();
}

TEST_F(AgentsTest, TheOthersGoOnWhileEnoughAreLeft) {
  const auto run = Run({"--agents", "3", "--on-agent-loss", "continue", "--min-agents", "2"}, "6s");
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  kill(run->Processes("weir-agent").at(1), SIGKILL);
  EXPECT_EQ(run->Wait(60s), kExitRunPartial) << run->Output();
  const auto short_of =
      Run({"--agents", "2", "--on-agent-loss", "continue", "--min-agents", "2"}, "20s");
  ASSERT_TRUE(short_of->WaitForOutput("driving steady on nothing", 60s)) << short_of->Output();
  kill(short_of->Processes("weir-agent").at(1), SIGKILL);
  EXPECT_EQ(short_of->Wait(30s), kExitAgentLost) << short_of->Output();
  EXPECT_THAT(short_of->Output(), HasSubstr("1 left, fewer than --min-agents 2"));
}

}  // namespace
}  // namespace weir
