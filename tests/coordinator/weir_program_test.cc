// The program as a shell sees it: output, problems, exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "coordinator/cli/exit_code.h"

namespace weir {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Finished {
  int code;
  std::string output;  // both streams
};

Finished Weir(const std::string& arguments) {
  FILE* pipe = popen(absl::StrCat(WEIR_PROGRAM, " ", arguments, " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  std::string output;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), size);
  }
  return {WEXITSTATUS(pclose(pipe)), output};
}

std::string Written(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/", getpid(), "-", name);
  std::ofstream(path) << text;
  return path;
}

TEST(WeirProgram, ExplainsItselfWithItsExitCodes) {
  const Finished help = Weir("--help");
  EXPECT_EQ(help.code, kExitValid);
  EXPECT_THAT(help.output, HasSubstr("130  interrupted"));
  EXPECT_THAT(Weir("run --help").output, HasSubstr("Examples:"));
  EXPECT_THAT(Weir("cosmos-emulator --help").output, HasSubstr("C2y6yDjf5/R+ob0N8A7Cgv30VRDJ"));
  EXPECT_THAT(Weir("--version").output, StartsWith("weir 0."));
}

TEST(WeirProgram, AWrongCommandLineHasItsOwnExitCode) {
  EXPECT_EQ(Weir("").code, kExitUsage);
  EXPECT_EQ(Weir("chekc").code, kExitUsage);
  EXPECT_EQ(Weir("check").code, kExitUsage);
  EXPECT_EQ(Weir("run x.yaml --listen :1 --agents 2").code, kExitUsage);
  EXPECT_EQ(Weir("schema --format xml").code, kExitUsage);
}

// The first line is the whole of it; what follows says where help is.
TEST(WeirProgram, ALeaseIsFromTwoSecondsToThreeHundred) {
  const std::string bounds =
      ": from 2s, below which a busy machine is taken for a lost one, to 300s";
  const std::string deploy = "k8s render campaigns/null.yaml --image weir:1 --run-id a";
  for (const std::string& command : {std::string("run campaigns/null.yaml --agents 1"), deploy}) {
    for (const char* lease : {"1999ms", "0s", "301s", "24h"}) {
      const Finished finished = Weir(absl::StrCat(command, " --lease ", lease));
      EXPECT_EQ(finished.code, kExitUsage) << finished.output;
      EXPECT_THAT(finished.output, StartsWith(absl::StrCat("--lease: ", lease, bounds, "\n")));
    }
    for (const char* text : {"soon", "5", "-5s", "5minutes"}) {
      const Finished finished = Weir(absl::StrCat(command, " --lease=", text));
      EXPECT_EQ(finished.code, kExitUsage) << finished.output;
      EXPECT_THAT(finished.output, StartsWith("--lease: ")) << text;
      EXPECT_THAT(finished.output, HasSubstr("expected a duration")) << text;
    }
  }
  for (const char* lease : {"2s", "300s", "5m"}) {
    const Finished finished = Weir(absl::StrCat(deploy, " --lease ", lease));
    EXPECT_EQ(finished.code, kExitValid) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(absl::StrCat("--lease=", lease)));
    EXPECT_EQ(Weir(absl::StrCat("run nowhere.yaml --lease ", lease)).code, kExitBadCampaign);
  }
}

TEST(WeirProgram, HelpNamesEveryExitCodeThatIsDocumented) {
  const std::string help = Weir("--help").output;
  std::ifstream page("docs/exit-codes.md");
  int codes = 0;
  for (std::string line; std::getline(page, line);) {
    int code = 0;
    if (std::sscanf(line.c_str(), "| %d |", &code) != 1) continue;
    EXPECT_THAT(help, HasSubstr(absl::StrFormat("\n  %3d  ", code)));
    ++codes;
  }
  EXPECT_GT(codes, 10);
}

// An agent elsewhere refuses to start when it is not told what it may load.
TEST(WeirProgram, RendersWhatAgentsMayLoadAlsoWhereTheyConnectToNothing) {
  const Finished finished = Weir("k8s render campaigns/null.yaml --image weir:1 --run-id a");
  EXPECT_EQ(finished.code, kExitValid) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("--allow-target=127.0.0.1"));
}

TEST(WeirProgram, HandsTheUsersConfirmationToTheCoordinatorInTheCluster) {
  const Finished rendered =
      Weir("k8s render campaigns/null.yaml --image weir --confirm=logs --confirm=weir");
  EXPECT_EQ(rendered.code, kExitValid) << rendered.output;
  EXPECT_THAT(rendered.output, HasSubstr("--confirm=logs"));
  EXPECT_THAT(rendered.output, HasSubstr("--confirm=weir"));
}

TEST(WeirProgram, AMistypedCommandIsGuessed) {
  const Finished finished = Weir("chekc campaigns/null.yaml");
  EXPECT_EQ(finished.code, kExitUsage);
  EXPECT_THAT(finished.output, HasSubstr("unknown command 'chekc'; did you mean 'check'?"));
}

TEST(WeirProgram, SelfTestsAreListedAndRunByName) {
  EXPECT_THAT(Weir("selftest --list").output, HasSubstr("S12"));
  const Finished one = Weir("selftest s11");
  EXPECT_EQ(one.code, kExitValid);
  EXPECT_THAT(one.output, HasSubstr("S11        PASS  timeouts, "));
  EXPECT_THAT(one.output, EndsWith("1 passed, 0 failed, 0 skipped\n"));
  const Finished unknown = Weir("selftest S40");
  EXPECT_EQ(unknown.code, kExitUsage);
  EXPECT_THAT(unknown.output, HasSubstr("no self-test is called 'S40'"));
}

TEST(WeirProgram, AFineCampaignIsSaidToBeFine) {
  const Finished check = Weir("check campaigns/null.yaml");
  EXPECT_EQ(check.code, kExitValid);
  EXPECT_THAT(check.output, HasSubstr("campaigns/null.yaml: campaign 'null' is fine"));
}

TEST(WeirProgram, ABadCampaignIsShownWholeAndNothingIsStarted) {
  const std::string path = Written("bad.yaml", "nmae: x\ndataset: {records: 0, logs: }\n");
  for (const char* command : {"check ", "run "}) {
    const Finished finished = Weir(command + path);
    EXPECT_EQ(finished.code, kExitBadCampaign) << command;
    EXPECT_THAT(finished.output, HasSubstr(absl::StrCat(path, ":1:1: unknown key 'nmae'")));
    EXPECT_THAT(finished.output, HasSubstr(absl::StrCat(path, ":2:20: records: must be from 1")));
    EXPECT_THAT(finished.output,
                HasSubstr(absl::StrCat("4 problems in ", path, "; nothing was started")));
  }
}

TEST(WeirProgram, SetsValuesThatHoldCommasAndBrackets) {
  const Finished check = Weir(
      "check campaigns/quickstart.yaml --set 'scenarios.mixed.targets=[postgres, cosmos]' "
      "--set seed=5 --seed 7");
  EXPECT_EQ(check.code, kExitValid) << check.output;
}

TEST(WeirProgram, AQueryThatIsNotThereIsAProblemOfTheCampaign) {
  const Finished check =
      Weir("check campaigns/sqlite.yaml --set scenarios.mixed.operations.3.query=x");
  EXPECT_EQ(check.code, kExitBadCampaign);
  EXPECT_THAT(check.output, HasSubstr("query: logs has no query 'x'; there are: recent_errors"));
}

TEST(WeirProgram, PlansALoadAlone) {
  for (const char* name : {"fifty-million-postgres", "ingest", "batch-size"}) {
    const Finished plan = Weir(absl::StrCat("plan campaigns/", name, ".yaml"));
    EXPECT_EQ(plan.code, kExitValid) << plan.output;
    EXPECT_THAT(plan.output, HasSubstr(" records of logs"));
    const std::string words = absl::StrReplaceAll(plan.output, {{"\n        ", " "}});
    EXPECT_THAT(words, HasSubstr("then reads all back and compares"));
    EXPECT_THAT(words, Not(HasSubstr(" of canaries"))) << "a load has no canary";
  }
}

TEST(WeirProgram, PlansEveryReadyCampaign) {
  for (const char* name :
       {"null", "sqlite", "quickstart", "cosmos-scaling", "cosmos-settings", "cosmos-utilisation",
        "durability", "fifty-million-cosmos", "mixed", "indexing-policy", "partition-key"}) {
    const Finished plan = Weir(absl::StrCat("plan campaigns/", name, ".yaml"));
    EXPECT_EQ(plan.code, kExitValid) << plan.output;
    EXPECT_THAT(plan.output, HasSubstr("warm-up and measuring"));
  }
}

size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(WeirProgram, GeneratesTheSameRecordsWholeAndInParts) {
  const std::string all = Weir("generate logs --records 2000 --seed 7").output;
  EXPECT_EQ(Lines(all), 2000u);
  EXPECT_EQ(Weir("generate logs --records 1200 --seed 7").output, all.substr(0, [&] {
    size_t end = 0;
    for (int i = 0; i < 1200; ++i) end = all.find('\n', end) + 1;
    return end;
  }()));
  EXPECT_THAT(all, EndsWith(Weir("generate logs --first 1200 --records 800 --seed 7").output));
  EXPECT_NE(Weir("generate logs --records 2000 --seed 8").output, all);
  EXPECT_EQ(Lines(Weir("generate logs --records 10 --format csv").output), 11u);
}

TEST(WeirProgram, GeneratesIntoAFileWholeOrNotAtAll) {
  const std::string path = absl::StrCat(testing::TempDir(), "/", getpid(), "weir_generated.csv");
  EXPECT_EQ(Weir("generate logs --records 100 --format csv --out " + path).code, kExitValid);
  EXPECT_EQ(std::filesystem::exists(path), true);
  const Finished failed = Weir("generate logs --records 10 --out /nonexistent/x.csv");
  EXPECT_EQ(failed.code, kExitFailure);
  EXPECT_THAT(failed.output, HasSubstr("weir generate: cannot write /nonexistent/x.csv"));
}

TEST(WeirProgram, EndsQuietlyWhenTheReaderHasEnough) {
  const Finished head = Weir("generate logs --records 100000000 | head -n 3");
  EXPECT_EQ(Lines(head.output), 3u) << head.output;
}

constexpr char kNullCampaign[] = R"(name: "nothing"
dataset: {records: 10, logs: }
targets: [{name: nothing, "null": }]
scenarios: [{name: load, phases: {load: {}}}]
)";

TEST(WeirProgram, RefusesADashboardThatOthersCouldReachAndSaysWhatItWouldMean) {
  const std::string run = absl::StrCat("--store ", testing::TempDir(), "/", getpid(), "-d.db run ",
                                       Written("n.yaml", kNullCampaign));
  const Finished refused = Weir(run + " --dashboard=0.0.0.0:0");
  EXPECT_EQ(refused.code, kExitFailure);
  EXPECT_THAT(refused.output, HasSubstr("let other machines connect"));
  EXPECT_THAT(refused.output, HasSubstr("add --dashboard-exposed"));
  EXPECT_EQ(Weir(run + " --dashboard-exposed").code, kExitUsage);
  setenv("WEIR_DASHBOARD_TOKEN", "guess me", 1);
  const Finished weak = Weir(run + " --dashboard");
  unsetenv("WEIR_DASHBOARD_TOKEN");
  EXPECT_EQ(weak.code, kExitFailure);
  EXPECT_THAT(weak.output, HasSubstr("WEIR_DASHBOARD_TOKEN must be at least 16 characters"));
  EXPECT_THAT(weak.output, Not(HasSubstr("guess me")));
}

TEST(WeirProgram, TheNameOfARunIsOfLettersDigitsDotsHyphensAndUnderscores) {
  const std::string run = absl::StrCat("--store ", testing::TempDir(), "/", getpid(), "-r.db run ",
                                       Written("r.yaml", kNullCampaign), " --run-id ");
  for (const std::string id : {"../up", "two words", "a/b", "latest", "<b>"}) {
    const Finished refused = Weir(absl::StrCat(run, "'", id, "'"));
    EXPECT_EQ(refused.code, kExitUsage);
    EXPECT_THAT(refused.output, HasSubstr(absl::StrCat("--run-id ", id, ": at most 64")));
  }
  EXPECT_THAT(Weir(run + std::string(65, 'a')).output, HasSubstr("at most 64"));
}

TEST(WeirProgram, SaysThatThereIsNoStoreYet) {
  const std::string store =
      absl::StrCat(testing::TempDir(), "/", getpid(), "weir_no_store/results.db");
  for (const char* command : {"list", "show latest", "report latest --out /tmp"}) {
    const Finished finished = Weir(absl::StrCat("--store ", store, " ", command));
    EXPECT_EQ(finished.code, kExitFailure);
    EXPECT_THAT(finished.output, HasSubstr("there is no results store"));
    EXPECT_FALSE(std::filesystem::exists(store));
  }
}

TEST(WeirProgram, ServesTheEmulatorUntilItIsTerminated) {
  const std::string log = absl::StrCat(testing::TempDir(), "/weir_emulator_", getpid(), ".log");
  const Finished served = Weir(absl::StrCat(
      "cosmos-emulator --listen 127.0.0.1:0 > ", log, " & pid=$!; i=0; while [ ! -s ", log,
      " ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done; kill -TERM $pid; wait $pid; echo "
      "code $?; cat ",
      log));
  EXPECT_THAT(served.output, HasSubstr("on http://127.0.0.1:"));
  EXPECT_THAT(served.output, HasSubstr("not Azure's meter"));
  EXPECT_THAT(served.output, HasSubstr("code 0\n"));
}

TEST(WeirProgram, TheEmulatorTakesItsKeyByReferenceOnly) {
  const Finished literal = Weir("cosmos-emulator --listen 127.0.0.1:0 --key c2VjcmV0");
  EXPECT_EQ(literal.code, kExitUsage);
  EXPECT_THAT(literal.output, Not(HasSubstr("c2VjcmV0")));
  EXPECT_EQ(Weir("cosmos-emulator --listen nowhere").code, kExitUsage);
}

TEST(WeirProgram, CompletesItsOwnCommands) {
  const Finished script = Weir("completion bash");
  EXPECT_EQ(script.code, kExitValid);
  EXPECT_THAT(script.output, HasSubstr("'check') COMPREPLY"));
  EXPECT_THAT(script.output,
              HasSubstr("'schema:--format') COMPREPLY=($(compgen -W 'json markdown'"));
}

}  // namespace
}  // namespace weir
