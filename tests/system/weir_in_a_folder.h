// The real `weir` with a results store in a folder of the test's own, which goes with the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "reports/results_store.h"
#include "tests/support/program.h"

namespace weir {

class WeirInAFolder : public testing::Test {
 protected:
  WeirInAFolder() : folder_(absl::StrCat(testing::TempDir(), "/weir-system-", getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~WeirInAFolder() override { std::filesystem::remove_all(folder_); }

  ProgramEnd Weir(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {WEIR_PROGRAM, "--store", folder_ + "/results.db"});
    return RunProgram(arguments, {}, std::chrono::seconds(300));
  }

  // The path of a campaign file with this text.
  std::string Campaign(const std::string& text) const {
    const std::string path = folder_ + "/campaign.yaml";
    std::ofstream(path) << text;
    return path;
  }

  v1::RunResult Latest() const {
    auto store = OpenResultsStore(folder_ + "/results.db");
    auto run = (*store)->LoadRun("latest");
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : v1::RunResult();
  }

  std::string folder_;
};

}  // namespace weir
