#include "coordinator/live/live_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/live/live_rehearsal.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LiveTextTest : public testing::Test {
 protected:
  LiveTextTest() { live_.RunChanged(run_); }

  void Drive(uint64_t failed) {
    live_.StepBegins(0, v1::TASK_DRIVE);
    live_.StageBegins(run_.legs(0), v1::PHASE_MEASURE, 30'000);
    for (uint32_t s = 0; s < 11; ++s) {
      const v1::Phase phase = s < 2 ? v1::PHASE_WARM_UP : v1::PHASE_MEASURE;
      live_.Second(run_.legs(0), SecondOf(s, phase, 200, 2'000'000, failed), s);
    }
  }

  const v1::RunResult run_ = LiveSample();
  LiveRun live_{200};
};

TEST_F(LiveTextTest, TellsADriveInFourLines) {
  Drive(0);
  const std::vector<std::string> lines = LiveLines(live_, 200);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(
      lines[0],
      "driving mixed on left  ██████████░░░░░░░░░░ 50 %, 11 s left; the run: at least 33 s left");
  EXPECT_EQ(lines[1],
            "  200 op/s of 200 planned  p50 2.00 ms  p99 2.00 ms  p99.9 2.00 ms in the last 10 s");
  EXPECT_EQ(lines[2], "  0 errors/s  500 RU/s (50.0 % of 1,000), 0 throttled/s");
  EXPECT_EQ(lines[3], "  2 agents: 0.50 cores, busiest worker 95.0 %  gates failing: worker_cpu");
}

TEST_F(LiveTextTest, SaysInOneLineWhatFailedAndThatP99HasNoSuccess) {
  Drive(10);
  const std::string line = LiveLine(live_);
  EXPECT_THAT(line, AllOf(HasSubstr("10 errors/s (4.76 %)"), HasSubstr("p99 no success")));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

TEST_F(LiveTextTest, KeepsToTheWidthOfTheTerminalInWholeCharacters) {
  Drive(0);
  for (size_t width = 20; width < 60; ++width) {
    for (const std::string& line : LiveLines(live_, width)) {
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
      });
      EXPECT_LE(columns, static_cast<ptrdiff_t>(width));
      EXPECT_TRUE(line.empty() || (static_cast<unsigned char>(line.back()) & 0xc0) != 0xc0);
    }
  }
}

TEST_F(LiveTextTest, CountsRecordsWhileLoading) {
  live_.StepBegins(1, v1::TASK_LOAD);
  live_.StageBegins(run_.legs(1), v1::PHASE_LOAD, 1000);
  live_.Second(run_.legs(1), SecondOf(0, v1::PHASE_LOAD, 250, 1'000'000), 0);
  EXPECT_THAT(LiveLines(live_, 200)[0], HasSubstr("loading mixed on right"));
  EXPECT_THAT(LiveLines(live_, 200)[1], HasSubstr("250 records/s"));
}

}  // namespace
}  // namespace weir
