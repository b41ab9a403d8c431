// The program as a shell sees it: output, problems, exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

#include "coordinator/cli/exit_code.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
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
  const std::string path = absl::StrCat(testing::TempDir(), "/", name);
  std::ofstream(path) << text;
  return path;
}

TEST(WeirProgram, ExplainsItselfWithItsExitCodes) {
  const Finished help = Weir("--help");
  EXPECT_EQ(help.code, kExitValid);
  EXPECT_THAT(help.output, HasSubstr("130  interrupted"));
  EXPECT_THAT(Weir("run --help").output, HasSubstr("Examples:"));
  EXPECT_THAT(Weir("--version").output, StartsWith("weir 0."));
}

TEST(WeirProgram, AWrongCommandLineHasItsOwnExitCode) {
  EXPECT_EQ(Weir("").code, kExitUsage);
  EXPECT_EQ(Weir("chekc").code, kExitUsage);
  EXPECT_EQ(Weir("check").code, kExitUsage);
  EXPECT_EQ(Weir("run x.yaml --listen :1 --agents 2").code, kExitUsage);
  EXPECT_EQ(Weir("schema --format xml").code, kExitUsage);
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

TEST(WeirProgram, CompletesItsOwnCommands) {
  const Finished script = Weir("completion bash");
  EXPECT_EQ(script.code, kExitValid);
  EXPECT_THAT(script.output, HasSubstr("'check') COMPREPLY"));
  EXPECT_THAT(script.output,
              HasSubstr("'schema:--format') COMPREPLY=($(compgen -W 'json markdown'"));
}

}  // namespace
}  // namespace weir
