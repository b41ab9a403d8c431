// What spoils a measurement, done to real agents: each trips its own gate. A database that stalls
// trips none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "reports/results_store.h"
#include "tests/support/program.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr auto kPatience = 30s;

// Four seconds against a target that answers after five milliseconds.
constexpr char kCampaign[] = R"(
name: sabotage
dataset: {records: 1000, logs: {}}
targets: [{name: nothing, "null": {service_time: 5ms}}]
scenarios:
  - name: steady
    phases: {measure: 4s}
    shape: {open: {rate: 200/s, arrivals: constant, sessions: 4$SPIN}}
    operations: [{do: read}]
)";

// `script` in a name space of its own: "-n" network, "-m" mounts.
std::vector<std::string> Unshared(const std::string& what, const std::string& script) {
  return {"/usr/bin/env", "unshare", what, "/bin/sh", "-c", script};
}

class SabotageTest : public testing::Test {
 protected:
  SabotageTest() {
    folder_ = absl::StrCat(testing::TempDir(), "/weir-sabotage-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~SabotageTest() override { std::filesystem::remove_all(folder_); }

  static std::string Text(const std::string& spin = "") {
    return absl::StrReplaceAll(kCampaign, {{"$SPIN", spin}});
  }

  // The gates are judged all the same; an override keeps the run going to its end.
  std::string RunCommand(const std::string& text) const {
    const std::string file = folder_ + "/campaign.yaml";
    std::ofstream(file) << text;
    return absl::StrJoin({std::string(WEIR_PROGRAM), std::string("--store"), Store(),
                          std::string("run"), file, std::string("--agents 1 --override-gates")},
                         " ");
  }

  static std::vector<std::string> Shell(const std::string& script) {
    return {"/bin/sh", "-c", script};
  }

  std::string Store() const { return folder_ + "/results.db"; }

  std::vector<v1::GateResult> Gates() const {
    auto store = OpenResultsStore(Store());
    EXPECT_TRUE(store.ok()) << store.status();
    auto run = (*store)->LoadRun("latest");
    EXPECT_TRUE(run.ok() && run->legs_size() == 1) << run.status();
    if (!run.ok() || run->legs_size() != 1) return {};
    EXPECT_GT(run->legs(0).gates_size(), 10);
    EXPECT_EQ(run->verdict().validity(), v1::VALIDITY_UNVERIFIED);
    return {run->legs(0).gates().begin(), run->legs(0).gates().end()};
  }

  // What the gate saw, when it failed; empty when it did not.
  std::string FailureAt(const std::string& name) const {
    for (const v1::GateResult& gate : Gates()) {
      if (gate.name() == name && !gate.passed()) return gate.saw();
    }
    return "";
  }

  std::string folder_;
};

TEST_F(SabotageTest, AgentsThatAreTooSmallAreRefusedBeforeAnythingBegins) {
  const std::string text = absl::StrReplaceAll(Text(), {{"200/s", "50000000/s"}});
  const std::string command = absl::StrReplaceAll(RunCommand(text), {{" --override-gates", ""}});
  const ProgramEnd end = RunProgram(Shell("exec " + command), {}, kPatience);
  EXPECT_EQ(end.code, 7) << end.output;
  EXPECT_THAT(end.output, HasSubstr("no thread can start more than 5 million"));
  EXPECT_THAT(end.output, HasSubstr("use more agents"));
}

TEST_F(SabotageTest, AnAgentThatIsSuspendedTripsTheWatchdog) {
  Program run(Shell("exec " + RunCommand(Text())));
  ASSERT_TRUE(run.WaitForOutput("driving steady on nothing", kPatience)) << run.Output();
  const std::vector<pid_t> agents = run.Processes("weir-agent");
  ASSERT_EQ(agents.size(), 1u);
  kill(agents[0], SIGSTOP);
  usleep(160'000);
  kill(agents[0], SIGCONT);
  ASSERT_EQ(run.Wait(kPatience), 0) << run.Output();
  EXPECT_THAT(FailureAt("watchdog"), HasSubstr("longest gap"));
}

TEST_F(SabotageTest, OtherWorkOnTheAgentsCoresTripsTheCoreGateAndIsNamed) {
  std::vector<std::unique_ptr<Program>> hogs;
  for (long core = 0; core < sysconf(_SC_NPROCESSORS_ONLN); ++core) {
    hogs.push_back(std::make_unique<Program>(Shell("while :; do :; done")));
  }
  const ProgramEnd end = RunProgram(Shell("exec " + RunCommand(Text())), {}, kPatience);
  ASSERT_EQ(end.code, 0) << end.output;
  EXPECT_THAT(FailureAt("core_cpu"), HasSubstr("everything else"));
}

// A control group of its own, with half a core.
class CpuQuota {
 public:
  CpuQuota() : folder_(absl::StrCat("/sys/fs/cgroup/cpu/weir-sabotage-", getpid())) {
    std::error_code error;
    std::filesystem::create_directory(folder_, error);
    std::ofstream(folder_ + "/cpu.cfs_period_us") << 100'000 << std::flush;
    std::ofstream quota(folder_ + "/cpu.cfs_quota_us");
    quota << 50'000 << std::flush;
    possible_ = !error && quota.good();
  }
  ~CpuQuota() {
    std::error_code error;
    std::filesystem::remove(folder_, error);  // a control group is removed as an empty folder is
  }

  bool possible() const { return possible_; }
  std::string Entering() const { return absl::StrCat("echo $$ > ", folder_, "/cgroup.procs && "); }

 private:
  const std::string folder_;
  bool possible_ = false;
};

TEST_F(SabotageTest, ACpuQuotaTripsTheQuotaGate) {
  const CpuQuota quota;
  if (!quota.possible()) GTEST_SKIP() << "no CPU control group can be made here";
  // A worker that spins all the time needs a whole core.
  const std::string command = RunCommand(Text(", spin: 1s, spin_share: 1"));
  const ProgramEnd end = RunProgram(Shell(quota.Entering() + "exec " + command), {}, kPatience);
  ASSERT_EQ(end.code, 0) << end.output;
  EXPECT_THAT(FailureAt("quota"), HasSubstr("CPU limit: 0.5 cores"));
}

TEST_F(SabotageTest, AClockSourceThatChangesTripsItsGate) {
  // Another file in its place, seen by this run only.
  const std::string clock = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
  const std::string file = folder_ + "/clocksource";
  std::ofstream(file) << "tsc\n" << std::flush;
  const std::string mount = absl::StrCat("mount --bind ", file, " ", clock);
  if (RunProgram(Unshared("-m", mount)).code != 0) {
    GTEST_SKIP() << "no mount namespace can be made here";
  }
  Program run(Unshared("-m", mount + " && exec " + RunCommand(Text())));
  ASSERT_TRUE(run.WaitForOutput("driving steady on nothing", kPatience)) << run.Output();
  std::ofstream(file) << "hpet\n" << std::flush;
  ASSERT_EQ(run.Wait(kPatience), 0) << run.Output();
  EXPECT_EQ(FailureAt("clocksource"), "changed among hpet, tsc");
}

// A database behind TCP.
constexpr char kCosmosCampaign[] = R"(
name: sabotage
dataset: {records: 200, logs: {}}
targets:
  - name: cosmos
    cosmos: {endpoint: "http://127.0.0.1:8081/", key: "${env:SABOTAGE_KEY}", throughput: 40000}
scenarios:
  - name: steady
    phases: {load: {batch: 50, sessions: 2, verify: false}, measure: 4s}
    shape: {open: {rate: 300/s, arrivals: constant, sessions: 8}}
    operations: [{do: read}]
)";

// In a network of its own, with an emulator of Cosmos DB that is up before the run begins.
std::string WithEmulator(const std::string& folder, const std::string& preparation,
                         const std::string& command) {
  return absl::StrReplaceAll(
      "ip link set lo up && $PREPARE && export SABOTAGE_KEY=bm90IHRoZSBrZXkgYXQgYWxs; "
      "$WEIR cosmos-emulator --listen 127.0.0.1:8081 --key '${env:SABOTAGE_KEY}' >$LOG 2>&1 & "
      "emulator=$!; until grep -q http $LOG; do sleep 0.05; done; "
      "$COMMAND; code=$?; kill $emulator; exit $code",
      {{"$PREPARE", preparation},
       {"$WEIR", WEIR_PROGRAM},
       {"$LOG", folder + "/emulator.log"},
       {"$COMMAND", command}});
}

// How this machine can lose one packet in a hundred; empty when it cannot.
std::string LosingPackets() {
  const std::string ways[] = {
      "tc qdisc add dev lo root netem loss 1%",
      "nft add table inet loss && nft add chain inet loss out '{ type filter hook output priority "
      "0; }' && nft add rule inet loss out tcp dport 1-65535 numgen random mod 100 lt 1 drop"};
  for (const std::string& way : ways) {
    if (RunProgram(Unshared("-n", "ip link set lo up && " + way)).code == 0) return way;
  }
  return "";
}

TEST_F(SabotageTest, LostPacketsTripTheRetransmitGate) {
  const std::string losing = LosingPackets();
  if (losing.empty()) GTEST_SKIP() << "neither tc's netem nor nft is here to lose packets";
  const std::string script = WithEmulator(folder_, losing, RunCommand(kCosmosCampaign));
  // Every lost packet costs whoever waits for it 200 ms, and a second when it opened a connection.
  const ProgramEnd end = RunProgram(Unshared("-n", script), {}, 4 * kPatience);
  ASSERT_EQ(end.code, 0) << end.output;
  EXPECT_THAT(FailureAt("retransmits"), HasSubstr("segments sent again"));
}

// What failed, in words; empty when nothing did.
std::string FailuresOf(const std::vector<v1::GateResult>& gates) {
  std::string failures;
  for (const v1::GateResult& gate : gates) {
    if (!gate.passed()) absl::StrAppend(&failures, gate.name(), ": ", gate.saw(), "; ");
  }
  return failures;
}

// A machine may trip gates by itself: a stall is to blame when it trips them every time, and a run
// without one does not.
TEST_F(SabotageTest, ADatabaseThatStallsTripsNone) {
  if (RunProgram(Unshared("-n", "true")).code != 0) {
    GTEST_SKIP() << "no network namespace can be made here";
  }
  constexpr int kTries = 3;
  const std::string script = WithEmulator(folder_, "true", RunCommand(kCosmosCampaign));
  std::string stalled;
  for (int i = 0; i < kTries; ++i) {
    Program run(Unshared("-n", script));
    ASSERT_TRUE(run.WaitForOutput(" s left", kPatience)) << run.Output();
    for (const pid_t emulator : run.Processes("cosmos-emulator")) kill(emulator, SIGSTOP);
    usleep(1'000'000);  // how long the database stands still
    for (const pid_t emulator : run.Processes("cosmos-emulator")) kill(emulator, SIGCONT);
    ASSERT_EQ(run.Wait(kPatience), 0) << run.Output();
    stalled = FailuresOf(Gates());
    if (stalled.empty()) return;
  }
  const ProgramEnd calm = RunProgram(Unshared("-n", script), {}, kPatience);
  ASSERT_EQ(calm.code, 0) << calm.output;
  const std::string undisturbed = FailuresOf(Gates());
  ASSERT_NE(undisturbed, "") << "only a stall trips: " << stalled;
  GTEST_SKIP() << "this machine trips gates without a stall too: " << undisturbed;
}

}  // namespace
}  // namespace weir
