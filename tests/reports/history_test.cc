#include "reports/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/reports/comparison_fixture.h"

namespace weir {
namespace {

using test::ComparedRun;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// Nightly runs; from `at` on a tenth less is done.
std::vector<v1::RunResult> Nightly(size_t count, size_t at) {
  std::vector<v1::RunResult> runs;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t per_second = (10'000 + Draw(1, i) % 200) * (i >= at ? 9 : 10) / 10;
    ComparedRun made{.rounds = 1, .ok_per_second = [=](uint32_t, bool) { return per_second; }};
    v1::RunResult run = made.Make();
    run.set_id("night-" + std::to_string(i));
    run.set_started_unix_ns(1'795'226'400'000'000'000 +
                            static_cast<int64_t>(i) * 86'400'000'000'000);
    run.mutable_verdict()->set_validity(v1::VALIDITY_VALID);
    run.mutable_legs()->RemoveLast();
    runs.push_back(run);
  }
  return runs;
}

TEST(History, SaysFromWhichRunOnTheLevelIsAnother) {
  const auto histories = HistoryOf(Nightly(20, 12), {"throughput_ops_per_s"});
  ASSERT_EQ(histories.size(), 1u);
  ASSERT_EQ(histories[0].changes.size(), 1u);
  EXPECT_EQ(histories[0].points[histories[0].changes[0].at].run, "night-12");
  const std::string text = HistoryText(histories, 200);
  EXPECT_THAT(text, HasSubstr("reads, throughput_ops_per_s of read on direct: 20 runs, last "));
  EXPECT_THAT(text, HasSubstr("  from night-12 on (2026-12-03 "));
  EXPECT_THAT(text, HasSubstr("): −"));
  EXPECT_THAT(text, HasSubstr("(p < 0.0001)"));
}

TEST(History, SaysSoWhenNothingChanged) {
  EXPECT_THAT(HistoryText(HistoryOf(Nightly(20, 99), {"throughput_ops_per_s"}), 200),
              HasSubstr("no change of level found"));
}

TEST(History, LeavesOutRunsThatCannotBeTrusted) {
  std::vector<v1::RunResult> runs = Nightly(20, 12);
  runs[3].mutable_verdict()->set_validity(v1::VALIDITY_INVALID);
  runs[4].mutable_verdict()->set_validity(v1::VALIDITY_UNVERIFIED);
  EXPECT_EQ(HistoryOf(runs, {"throughput_ops_per_s"})[0].points.size(), 18u);
}

TEST(History, WritesEveryPointForAChartElsewhere) {
  std::vector<v1::RunResult> runs = Nightly(20, 12);
  for (v1::RunResult& run : runs) run.mutable_legs(0)->set_target("=cmd");
  const std::string csv = HistoryCsv(HistoryOf(runs, {"throughput_ops_per_s"}));
  EXPECT_THAT(csv, HasSubstr("reads,'=cmd,read,throughput_ops_per_s,night-0,2026-11-21T"));
  EXPECT_THAT(csv, ContainsRegex("night-12,[^,]*,[^,]*,0[.][89]"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 21);
}

}  // namespace
}  // namespace weir
