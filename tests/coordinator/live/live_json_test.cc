#include "coordinator/live/live_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/coordinator/live/live_rehearsal.h"

namespace weir {
namespace {

using nlohmann::json;

TEST(LiveJson, TellsASecondWithItsCountsResponseTimesAndAgents) {
  LiveRun live(200);
  const v1::RunResult run = LiveSample();
  live.RunChanged(run);
  live.StageBegins(run.legs(0), v1::PHASE_MEASURE, 5000);
  const json point = json::parse(LivePointJson(live.Second(
      run.legs(0), SecondOf(3, v1::PHASE_MEASURE, 1000, 2'000'000, 20), 4'000'000'000)));
  EXPECT_DOUBLE_EQ(point["at_s"], 4);
  EXPECT_EQ(point["phase"], "measure");
  EXPECT_EQ(point["counts"]["ok"], 1000);
  EXPECT_EQ(point["counts"]["errors"]["failed"], 20);
  EXPECT_DOUBLE_EQ(point["counts"]["ru"], 2500);
  EXPECT_EQ(point["response"]["p99_us"], "inf");
  EXPECT_NEAR(point["response"]["p50_us"], 2000, 4);
  EXPECT_EQ(point["agents"][1]["ok"], 500);
}

TEST(LiveJson, SaysNullForWhatIsNotKnown) {
  const json point = json::parse(LivePointJson(LivePoint{.agents = {LiveAgent{}}}));
  EXPECT_TRUE(point["response"]["p50_us"].is_null());
  EXPECT_TRUE(point["agents"][0]["busiest_worker"].is_null());
}

TEST(LiveJson, TellsAHundredAgentsApartAndNoMore) {
  LivePoint point;
  point.agents.resize(10'000);
  EXPECT_EQ(json::parse(LivePointJson(point))["agents"].size(), kMostAgentsTold);
}

TEST(LiveJson, TellsTheRunWithItsLegsAndAgents) {
  LiveRun live(200);
  live.RunChanged(LiveSample());
  const json run = json::parse(LiveRunJson(live));
  EXPECT_EQ(run["campaign"], "live");
  EXPECT_EQ(run["state"], "running");
  EXPECT_EQ(run["legs"][1]["target"], "right");
  EXPECT_EQ(run["legs"][1]["state"], "waiting");
  EXPECT_EQ(run["agents"][1]["name"], "agent-1");
  const json now = json::parse(LiveNowJson(live, 1'500'000'000));
  EXPECT_DOUBLE_EQ(now["elapsed_s"], 1.5);
  EXPECT_FALSE(now["running"]);
}

TEST(LiveJson, CountsTheWholeRunForWhoComesLate) {
  LiveRun live(200);
  const v1::RunResult run = LiveSample();
  live.RunChanged(run);
  for (const int leg : {0, 1}) {
    live.StageBegins(run.legs(leg), v1::PHASE_MEASURE, 5000);
    live.Second(run.legs(leg), SecondOf(0, v1::PHASE_MEASURE, 100, 2'000'000, 20), 0);
  }
  const json now = json::parse(LiveNowJson(live, 0));
  EXPECT_EQ(now["counts"]["ok"], 200);
  EXPECT_EQ(now["counts"]["errors"]["failed"], 40);
}

TEST(LiveJson, IsOneLineWhateverTheTextHolds) {
  const std::string line = LiveLineJson(0, "two\nlines \xff\xfe and \"quotes\" </script>");
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_FALSE(json::parse(line, nullptr, false).is_discarded());
}

}  // namespace
}  // namespace weir
