#include "coordinator/stage_merge.h"

#include <gtest/gtest.h>

#include <map>
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

TEST(StageMerge, KeepsApartWhatEachAgentDidInASecond) {
  StageMerge merge(2);
  std::map<uint32_t, uint64_t> ok;
  const auto look = [&](const MergedSecond& second) {
    for (const auto& [agent, counts] : second.by_agent) ok[agent] = counts.ok();
  };
  ASSERT_TRUE(merge.Add(0, Report(1, 0, {1, 2, 3}), look).ok());
  ASSERT_TRUE(merge.Add(1, Report(1, 0, {4}), look).ok());
  EXPECT_EQ(ok, (std::map<uint32_t, uint64_t>{{0, 3}, {1, 1}}));
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

// As a relay bundles them: counts for each, histograms for all.
struct Bundle {
  std::vector<v1::IntervalReport> reports;
  std::vector<ReportView> views;
  v1::IntervalReport merged;
  ReportView histograms;

  explicit Bundle(const std::vector<v1::IntervalReport>& whole) : reports(whole) {
    Tally all;
    for (v1::IntervalReport& report : reports) {
      v1::Tally& tally = *report.mutable_interval()->mutable_operations(0)->mutable_tally();
      EXPECT_TRUE(all.AddHistograms(TallyView::Of(tally)).ok());
      tally.clear_response();
    }
    v1::OperationInterval* sum = merged.mutable_interval()->add_operations();
    sum->set_phase(v1::PHASE_MEASURE);
    *sum->mutable_tally() = all.ToProto();
    views.resize(reports.size());
    for (size_t i = 0; i < reports.size(); ++i) views[i].Read(reports[i]);
    histograms.Read(whole[0].interval().second(), merged.interval().operations());
  }
  std::vector<StageMerge::Bundled> Of(const std::vector<uint32_t>& agents) const {
    std::vector<StageMerge::Bundled> bundled;
    for (size_t i = 0; i < agents.size(); ++i) bundled.push_back({agents[i], &views[i]});
    return bundled;
  }
};

TEST(StageMerge, MakesOfABundleWhatItMakesOfItsReports) {
  StageMerge single(2);
  StageMerge bundled(2);
  const std::vector<v1::IntervalReport> reports = {Report(1, 0, {3, 5}), Report(1, 0, {5, 4000})};
  v1::Interval one;
  v1::Interval other;
  for (const uint32_t agent : {0u, 1u}) {
    ASSERT_TRUE(
        single.Add(agent, reports[agent], [&](const auto& second) { one = second.ToProto(); })
            .ok());
  }
  const Bundle bundle(reports);
  ASSERT_TRUE(bundled.AddBundle(bundle.Of({0, 1}), bundle.histograms,
                                [&](const auto& second) { other = second.ToProto(); }));
  EXPECT_EQ(one.SerializeAsString(), other.SerializeAsString());
  EXPECT_EQ(bundled.missing(0), 2u);
  EXPECT_EQ(bundled.missing(1), 2u);
}

TEST(StageMerge, TakesABundleAsAWholeOrNotAtAll) {
  StageMerge merge(3);
  uint64_t ok = 0;
  const auto count = [&](const MergedSecond& second) {
    for (const auto& [key, tally] : second.tallies) ok += tally->counts().ok();
  };
  const Bundle gap({Report(1, 0, {3}), Report(2, 0, {5})});
  EXPECT_FALSE(merge.AddBundle(gap.Of({0, 1}), gap.histograms, count));
  const Bundle twice({Report(1, 0, {3}), Report(1, 0, {5})});
  EXPECT_FALSE(merge.AddBundle(twice.Of({0, 0}), twice.histograms, count));
  Bundle damaged({Report(1, 0, {3}), Report(1, 0, {5})});
  damaged.merged.mutable_interval()->mutable_operations(0)->mutable_tally()->set_service("none");
  damaged.histograms.Read(0, damaged.merged.interval().operations());
  EXPECT_FALSE(merge.AddBundle(damaged.Of({0, 1}), damaged.histograms, count));
  for (const uint32_t agent : {0u, 1u, 2u}) EXPECT_EQ(merge.missing(agent), 1u);
  const Bundle right({Report(1, 0, {3}), Report(1, 0, {5})});
  EXPECT_TRUE(merge.AddBundle(right.Of({0, 1}), right.histograms, count));
  EXPECT_FALSE(merge.AddBundle(right.Of({0, 1}), right.histograms, count)) << "again";
  ASSERT_TRUE(merge.Add(2, Report(1, 0, {7}), count).ok());
  EXPECT_EQ(ok, 3u);
  for (const uint32_t agent : {0u, 1u, 2u}) merge.Lose(agent, 0, Ignore);
  Histogram expected;
  for (const uint64_t value : {3, 5, 7}) expected.Record(value);
  EXPECT_TRUE(merge.totals().at({v1::PHASE_MEASURE, 0})->response == expected);
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
