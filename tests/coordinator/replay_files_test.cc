#include "coordinator/cli/replay_files.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "coordinator/cli/plan_command.h"
#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

class ReplayFiles : public ::testing::Test {
 protected:
  ReplayFiles() { std::ofstream(path_) << "0\n1000000000\n8000000000\n"; }
  ~ReplayFiles() override { std::remove(path_.c_str()); }

  // The campaign replays the file, with these settings beside the path.
  CampaignReading Read(const std::string& settings = "", const std::string& path = "") {
    CampaignReading reading = ReadCampaignText(
        WithScenario(absl::StrCat("    phases: {measure: 9s}\n    operations: [{do: read}]\n"
                                  "    shape: {open: {arrivals: replay, replay: {path: ",
                                  path.empty() ? path_ : path, settings, "}}}\n")),
        "f", {});
    EXPECT_TRUE(reading.problems.empty()) << ToString(reading.problems[0]);
    CheckReplayFiles(&reading);
    return reading;
  }

  const std::string path_ = absl::StrCat(::testing::TempDir(), "weir-arrivals-", getpid());
};

TEST_F(ReplayFiles, GetTheirDigestFilledIn) {
  const CampaignReading reading = Read();
  EXPECT_TRUE(reading.problems.empty());
  EXPECT_TRUE(reading.warnings.empty());
  const std::string& digest = reading.campaign.scenarios(0).shape().open().replay().sha256();
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_THAT(*PlanText(reading.campaign, 300),
              HasSubstr(absl::StrCat("open loop replaying ", path_, " (SHA-256 ",
                                     digest.substr(0, 16), "), 32 sessions")));
  EXPECT_TRUE(Read(absl::StrCat(", sha256: \"", digest, "\"")).problems.empty());
}

TEST_F(ReplayFiles, ThatAreOthersThanMeantAreRefused) {
  const std::string other(64, '0');
  const CampaignReading reading = Read(absl::StrCat(", sha256: \"", other, "\""));
  ASSERT_EQ(reading.problems.size(), 1u);
  EXPECT_THAT(ToString(reading.problems[0]), HasSubstr("is another file than meant"));
  EXPECT_EQ(reading.campaign.scenarios(0).shape().open().replay().sha256(), other);
}

TEST_F(ReplayFiles, ThatAreMissingAreRefusedAtTheirPlace) {
  const CampaignReading reading = Read("", "/no/such/file");
  ASSERT_EQ(reading.problems.size(), 1u);
  EXPECT_EQ(ToString(reading.problems[0]),
            "f:8:53: /no/such/file: cannot be read: No such file or directory");
}

TEST_F(ReplayFiles, ThatAreLongerThanTheRunAreWarnedOf) {
  EXPECT_TRUE(Read(", speed_numerator: 2").warnings.empty());
  const CampaignReading reading = Read(", speed_denominator: 2");
  ASSERT_EQ(reading.warnings.size(), 1u);
  EXPECT_THAT(ToString(reading.warnings[0]),
              HasSubstr("last 16s, warm_up and measure only 9s: the rest is never run"));
}

}  // namespace
}  // namespace weir
