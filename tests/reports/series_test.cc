#include "reports/series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class SeriesTest : public ::testing::Test {
 protected:
  SeriesTest() : store_(*OpenResultsStore(folder_.File("results.db"))) {
    v1::RunResult run;
    run.set_id("run");
    EXPECT_TRUE(store_->SaveRun(run).ok());
  }

  void Append(v1::Phase stage, uint32_t second, uint64_t ok) {
    v1::Interval interval;
    interval.set_second(second);
    interval.add_operations()->mutable_tally()->set_ok(ok);
    interval.mutable_operations(0)->set_phase(stage);
    ASSERT_TRUE(store_->AppendInterval("run", 0, stage, interval).ok());
  }

  // (second, ok) of every point of the stage.
  std::vector<std::pair<uint32_t, uint64_t>> Points(v1::Phase stage, uint32_t width) {
    std::vector<std::pair<uint32_t, uint64_t>> points;
    EXPECT_TRUE(ForEachPoint(*store_, "run", leg_, width, [&](const SeriesPoint& point) {
                  if (point.stage != stage) return;
                  uint64_t ok = 0;
                  for (const Tally& tally : point.operations) ok += tally.counts().ok();
                  points.emplace_back(point.second, ok);
                  seconds_ = point.seconds;
                }).ok());
    return points;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<ResultsStore> store_;
  v1::Leg leg_;
  double seconds_ = 0;  // of the last point visited
};

TEST_F(SeriesTest, AStallShowsAsZero) {
  Append(v1::PHASE_MEASURE, 0, 5);
  Append(v1::PHASE_MEASURE, 3, 7);
  EXPECT_THAT(Points(v1::PHASE_MEASURE, 1),
              ElementsAre(Pair(0, 5), Pair(1, 0), Pair(2, 0), Pair(3, 7)));
}

TEST_F(SeriesTest, MergingSecondsAddsThem) {
  for (uint32_t second = 0; second < 7; ++second) Append(v1::PHASE_MEASURE, second, 10 + second);
  EXPECT_THAT(Points(v1::PHASE_MEASURE, 3), ElementsAre(Pair(0, 33), Pair(3, 42), Pair(6, 16)));
}

TEST_F(SeriesTest, MergingSecondsAddsWhatMachinesAndPartitionsTook) {
  v1::Interval interval;
  v1::ResourceSample* resources = interval.add_resources();
  resources->set_agent(4);
  resources->set_process_cpu_ns(10);
  interval.add_partitions()->set_milli_ru(7);
  interval.add_processes()->set_name("postgres");
  for (const uint32_t second : {0, 1, 2}) {
    interval.set_second(second);
    ASSERT_TRUE(store_->AppendInterval("run", 0, v1::PHASE_MEASURE, interval).ok());
  }
  std::vector<uint64_t> cpu;
  std::vector<uint64_t> ru;
  ASSERT_TRUE(ForEachPoint(*store_, "run", leg_, 2, [&](const SeriesPoint& point) {
                cpu.push_back(point.resources.at(4).process_cpu_ns());
                ru.push_back(point.partitions.at(0).milli_ru());
                EXPECT_EQ(point.processes.size(), 1u);
              }).ok());
  EXPECT_THAT(cpu, ElementsAre(20, 10));
  EXPECT_THAT(ru, ElementsAre(14, 7));
}

TEST_F(SeriesTest, StagesAreKeptApart) {
  Append(v1::PHASE_LOAD, 0, 1);
  Append(v1::PHASE_LOAD, 1, 2);
  Append(v1::PHASE_MEASURE, 0, 3);
  EXPECT_THAT(Points(v1::PHASE_LOAD, 1), ElementsAre(Pair(0, 1), Pair(1, 2)));
  EXPECT_THAT(Points(v1::PHASE_MEASURE, 1), ElementsAre(Pair(0, 3)));
}

TEST_F(SeriesTest, TheLastSecondOfALoadIsAsShortAsItWas) {
  v1::PhaseSpan* span = leg_.add_spans();
  span->set_phase(v1::PHASE_LOAD);
  span->set_duration_ns(1'250'000'000);
  Append(v1::PHASE_LOAD, 0, 4);
  Append(v1::PHASE_LOAD, 1, 1);
  Points(v1::PHASE_LOAD, 1);
  EXPECT_DOUBLE_EQ(seconds_, 0.25);
}

TEST_F(SeriesTest, WidthKeepsWithinThePointsWanted) {
  Append(v1::PHASE_MEASURE, 3999, 1);
  EXPECT_EQ(*WidthFor(*store_, "run", leg_, 2000), 2u);
  EXPECT_EQ(*WidthFor(*store_, "run", leg_, 4000), 1u);
  EXPECT_EQ(Points(v1::PHASE_MEASURE, 2).size(), 2000u);
}

}  // namespace
}  // namespace weir
