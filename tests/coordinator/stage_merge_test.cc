#include "coordinator/stage_merge.h"

#include <gtest/gtest.h>

#include <random>

#include "base/clock.h"

namespace weir {
namespace {

v1::IntervalReport Report(uint64_t sequence, uint32_t second, const std::vector<uint64_t>& values) {
  Tally tally;
  for (const uint64_t value : values) tally.response.Record(value);
  tally.counts().set_planned(values.size());
  tally.counts().set_ok(values.size());
  v1::IntervalReport report;
  report.set_sequence(sequence);
  report.mutable_interval()->set_second(second);
  v1::OperationInterval* part = report.mutable_interval()->add_operations();
  part->set_phase(v1::PHASE_MEASURE);
  *part->mutable_tally() = tally.ToProto();
  return report;
}

void Ignore(const MergedSecond&) {}

TEST(StageMerge, ShowsASecondOnceEveryAgentHasReportedIt) {
  StageMerge merge(2);
  std::vector<uint32_t> shown;
  const auto show = [&](const MergedSecond& second) { shown.push_back(second.second); };
  ASSERT_TRUE(merge.Add(0, Report(1, 0, {1}), show).ok());
  ASSERT_TRUE(merge.Add(0, Report(2, 1, {1}), show).ok());
  EXPECT_TRUE(shown.empty());
  ASSERT_TRUE(merge.Add(1, Report(1, 0, {1}), show).ok());
  EXPECT_EQ(shown, (std::vector<uint32_t>{0}));
  merge.Lose(1, 0, show);
  EXPECT_EQ(shown, (std::vector<uint32_t>{0, 1}));
}

TEST(StageMerge, MakesOfAnySplitTheHistogramOfAllValues) {
  std::mt19937_64 random(7);
  for (const uint32_t agents : {1u, 3u, 7u}) {
    StageMerge merge(agents);
    Histogram expected;
    std::vector<uint64_t> sequence(agents, 0);
    for (uint32_t second = 0; second < 5; ++second) {
      for (uint32_t agent = 0; agent < agents; ++agent) {
        std::vector<uint64_t> values(random() % 50);
        for (uint64_t& value : values) {
          value = random() % (10 * kNsPerSecond);
          expected.Record(value);
        }
        ASSERT_TRUE(merge.Add(agent, Report(++sequence[agent], second, values), Ignore).ok());
      }
    }
    for (uint32_t agent = 0; agent < agents; ++agent) merge.Lose(agent, 0, Ignore);
    ASSERT_TRUE(merge.done());
    EXPECT_TRUE(merge.totals().at({v1::PHASE_MEASURE, 0})->response == expected);
  }
}

TEST(StageMerge, CountsTwoHoursAsOneOverflowOfAllAgents) {
  StageMerge merge(2);
  const uint64_t two_hours = 2 * Histogram::kHighest;
  ASSERT_TRUE(merge.Add(0, Report(1, 0, {two_hours, 5}), Ignore).ok());
  ASSERT_TRUE(merge.Add(1, Report(1, 0, {7}), Ignore).ok());
  for (const uint32_t agent : {0u, 1u}) merge.Lose(agent, 0, Ignore);
  const Tally& total = *merge.totals().at({v1::PHASE_MEASURE, 0});
  EXPECT_EQ(total.Overflow(), 1u);
  EXPECT_EQ(total.response.count(), 3u);
  EXPECT_EQ(total.counts().ok(), 3u);
}

TEST(StageMerge, IgnoresDuplicatesAndReportsGaps) {
  StageMerge merge(1);
  ASSERT_TRUE(merge.Add(0, Report(1, 0, {5}), Ignore).ok());
  ASSERT_TRUE(merge.Add(0, Report(1, 0, {5}), Ignore).ok());
  EXPECT_EQ(merge.duplicates(), 1u);
  EXPECT_EQ(*merge.Add(0, Report(3, 2, {5}), Ignore), StageMerge::Taken::kGap);
  EXPECT_EQ(merge.missing(0), 2u);
}

TEST(StageMerge, RefusesAPayloadThatIsNoHistogram) {
  StageMerge merge(1);
  v1::IntervalReport report = Report(1, 0, {5});
  report.mutable_interval()->mutable_operations(0)->mutable_tally()->set_response("nonsense");
  EXPECT_FALSE(merge.Add(0, report, Ignore).ok());
}

TEST(StageMerge, CountsAsLostWhatALostAgentWasToDoAndDidNotTellOf) {
  StageMerge merge(1);
  v1::Prepared prepared;
  v1::PlannedCounts* plan = prepared.add_planned();
  plan->set_phase(v1::PHASE_MEASURE);
  for (const uint64_t operations : {3, 4, 5}) plan->add_by_second(operations);
  merge.Expect(0, prepared);
  ASSERT_TRUE(merge.Add(0, Report(1, 0, {1, 2, 3}), Ignore).ok());
  v1::IntervalReport late = Report(2, 1, {1, 2, 3});
  late.mutable_interval()->mutable_operations(0)->mutable_tally()->set_planned(4);
  ASSERT_TRUE(merge.Add(0, late, Ignore).ok());
  merge.Lose(0, 3, Ignore);
  const v1::Tally& total = merge.totals().at({v1::PHASE_MEASURE, 0})->counts();
  EXPECT_EQ(total.planned(), 12u);
  EXPECT_EQ(total.ok(), 6u);
  EXPECT_EQ(total.lost(), 6u);
}

TEST(StageMerge, FindsASecondThatDoesNotBalanceThoughTheWholeDoes) {
  StageMerge merge(1);
  v1::IntervalReport first = Report(1, 0, {1, 2});
  first.mutable_interval()->mutable_operations(0)->mutable_tally()->set_planned(3);
  ASSERT_TRUE(merge.Add(0, first, Ignore).ok());
  v1::IntervalReport second = Report(2, 1, {1, 2});
  second.mutable_interval()->mutable_operations(0)->mutable_tally()->set_planned(1);
  ASSERT_TRUE(merge.Add(0, second, Ignore).ok());
  v1::StageDone done;
  done.set_last_sequence(2);
  EXPECT_FALSE(merge.Finish(0, done, Ignore).ok());
}

TEST(StageMerge, BalancesAnOperationThatEndsInALaterSecond) {
  StageMerge merge(1);
  v1::IntervalReport first = Report(1, 0, {1, 2});
  first.mutable_interval()->mutable_operations(0)->mutable_tally()->set_planned(3);
  ASSERT_TRUE(merge.Add(0, first, Ignore).ok());
  v1::IntervalReport second = Report(2, 1, {1});
  second.mutable_interval()->mutable_operations(0)->mutable_tally()->set_planned(0);
  second.mutable_interval()->mutable_operations(0)->set_age(1);
  ASSERT_TRUE(merge.Add(0, second, Ignore).ok());
  v1::StageDone done;
  done.set_last_sequence(2);
  EXPECT_TRUE(merge.Finish(0, done, Ignore).ok());
}

}  // namespace
}  // namespace weir
