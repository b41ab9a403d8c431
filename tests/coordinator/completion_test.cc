#include "coordinator/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

CommandShape Program() {
  CommandShape check{"check", "Show problems", {{{}, "The file", true, true, {}}}, {}};
  CommandShape schema{
      "schema", "It's a schema", {{{"--format"}, "Form", true, false, {"json", "markdown"}}}, {}};
  CommandShape logs{"logs", "Logs", {{{"--records"}, "How many", true, false, {}}}, {}};
  CommandShape generate{"generate", "Make records", {}, {logs}};
  return {"weir", "", {{{"-h", "--help"}, "Help", false, false, {}}}, {check, schema, generate}};
}

// What bash itself offers after these words, the last one still being typed.
std::string Offered(const std::string& words) {
  const std::string path =
      testing::TempDir() + "/weir_completion" + std::to_string(getpid()) + ".bash";
  std::ofstream(path) << CompletionScript(Program(), "bash") << "COMP_WORDS=(" << words
                      << ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                      << "_weir\necho \"${COMPREPLY[*]}\"\n";
  FILE* bash = popen(absl::StrCat("bash '", path, "' 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  const size_t size = fread(buffer.data(), 1, buffer.size(), bash);
  pclose(bash);
  return std::string(buffer.data(), size);
}

TEST(Completion, OffersCommandsAndOptionsInBash) {
  EXPECT_EQ(Offered("weir ''"), "check schema generate -h --help\n");
  EXPECT_EQ(Offered("weir sch"), "schema\n");
  EXPECT_EQ(Offered("weir generate ''"), "logs\n");
  EXPECT_EQ(Offered("weir generate logs --"), "--records\n");
}

TEST(Completion, OffersTheChoicesOfAnOptionInBash) {
  EXPECT_EQ(Offered("weir schema --format ''"), "json markdown\n");
  EXPECT_EQ(Offered("weir schema --format ma"), "markdown\n");
  EXPECT_EQ(Offered("weir generate logs --records ''"), "\n");
}

TEST(Completion, OffersFilesWhereAFileIsMeant) {
  EXPECT_THAT(Offered("weir check CMakeL"), HasSubstr("CMakeLists.txt"));
}

TEST(Completion, WrapsBashForZsh) {
  EXPECT_THAT(CompletionScript(Program(), "zsh"), HasSubstr("#compdef weir\n"));
}

TEST(Completion, QuotesDescriptionsForFish) {
  EXPECT_THAT(CompletionScript(Program(), "fish"),
              HasSubstr("-n '__fish_use_subcommand' -a schema -d 'It'\\''s a schema'"));
}

}  // namespace
}  // namespace weir
