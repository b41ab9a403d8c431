#include "coordinator/deploy/kubectl.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A program that stands in for kubectl.
class KubectlTest : public testing::Test {
 protected:
  std::string Program(const std::string& script) {
    const std::string path = folder_.File("kubectl");
    std::ofstream(path) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  test::TemporaryFolder folder_;
};

TEST_F(KubectlTest, HandsOverArgumentsAsTheyAreAndNothingToAShell) {
  KubectlProgram kubectl(Program("printf '%s\\n' \"$@\"\n"), "my context", "load");
  const auto end = kubectl.Run({"get", "$(touch x); a b", "*"});
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->out, "--context=my context\n--namespace=load\nget\n$(touch x); a b\n*\n");
  EXPECT_EQ(end->exit_code, 0);
}

TEST_F(KubectlTest, TakesInputOfAnySizeAndGivesBothOutputs) {
  KubectlProgram kubectl(Program("tee /dev/stderr\nexit 7\n"), "", "");
  const std::string input(1 << 20, 'x');
  const auto end = kubectl.Run({"create"}, input);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->out, input);
  EXPECT_EQ(end->error, input);
  EXPECT_EQ(end->exit_code, 7);
}

TEST_F(KubectlTest, OutlivesAProgramThatDoesNotReadItsInput) {
  KubectlProgram kubectl(Program("exec <&-\necho done\n"), "", "");
  const auto end = kubectl.Run({"create"}, std::string(1 << 20, 'x'));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->out, "done\n");
}

TEST_F(KubectlTest, HandsOnLinesAndEndsTheProgramWhenToldTo) {
  KubectlProgram kubectl(Program("echo one; echo two; echo three; exec sleep 100\n"), "", "");
  std::vector<std::string> lines;
  const auto end = kubectl.Stream(
      {"logs"},
      [&](std::string_view line) {
        lines.emplace_back(line);
        return lines.size() < 2;
      },
      nullptr);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_THAT(lines, ElementsAre("one", "two"));
}

TEST_F(KubectlTest, GivesALastLineWithoutItsEnd) {
  KubectlProgram kubectl(Program("printf 'one\\ntwo'\n"), "", "");
  std::vector<std::string> lines;
  ASSERT_TRUE(kubectl
                  .Stream(
                      {"logs"},
                      [&](std::string_view line) {
                        lines.emplace_back(line);
                        return true;
                      },
                      nullptr)
                  .ok());
  EXPECT_THAT(lines, ElementsAre("one", "two"));
}

TEST_F(KubectlTest, SaysWhatToDoWhenThereIsNone) {
  KubectlProgram kubectl(folder_.File("nowhere"), "", "");
  EXPECT_THAT(kubectl.Run({"get"}).status().message(), HasSubstr("--kubectl"));
}

}  // namespace
}  // namespace weir
