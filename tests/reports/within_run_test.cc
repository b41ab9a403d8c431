#include "reports/within_run.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "measure/tally.h"
#include "tests/reports/temporary_folder.h"

namespace weir {
namespace {

// An open loop of so many seconds, ten operations in each, around 2 ms.
struct Stored {
  explicit Stored(uint32_t seconds) : store(*OpenResultsStore(folder.File("results.db"))) {
    run.set_id("run");
    v1::Leg* leg = run.add_legs();
    leg->set_open_loop(true);
    leg->add_operations()->set_name("read");
    v1::PhaseSpan* span = leg->add_spans();
    span->set_phase(v1::PHASE_MEASURE);
    span->set_duration_ns(seconds * 1'000'000'000LL);
    EXPECT_TRUE(store->SaveRun(run).ok());
    for (uint32_t second = 0; second < seconds; ++second) Append(second);
  }

  void Append(uint32_t second) {
    v1::Interval interval;
    interval.set_second(second);
    v1::OperationInterval* part = interval.add_operations();
    part->set_phase(v1::PHASE_MEASURE);
    Tally tally;
    tally.counts().set_planned(10);
    tally.counts().set_ok(10);
    for (uint64_t i = 0; i < 10; ++i) tally.response.Record(1'900'000 + Draw(second, i) % 200'000);
    *part->mutable_tally() = tally.ToProto();
    EXPECT_TRUE(store->AppendInterval("run", 0, v1::PHASE_MEASURE, interval).ok());
  }

  test::TemporaryFolder folder;
  std::unique_ptr<ResultsStore> store;
  v1::RunResult run;
};

TEST(WithinRun, GivesEveryPercentileAnIntervalFromTheSecondsOfTheRun) {
  const Stored stored(320);
  const auto intervals = WithinRunOf(*stored.store, stored.run, stored.run.legs(0));
  ASSERT_TRUE(intervals.ok()) << intervals.status();
  ASSERT_EQ(intervals->size(), 4u);
  EXPECT_EQ((*intervals)[0].metric, "response_p50_us");
  EXPECT_LT((*intervals)[0].low_us, 2000);
  EXPECT_GT((*intervals)[0].high_us, 2000);
  EXPECT_LT((*intervals)[0].high_us - (*intervals)[0].low_us, 30);
}

TEST(WithinRun, SaysNothingOfAShortRunOrAClosedLoop) {
  Stored stored(30);
  EXPECT_TRUE(WithinRunOf(*stored.store, stored.run, stored.run.legs(0))->empty());
  stored.run.mutable_legs(0)->set_open_loop(false);
  EXPECT_TRUE(WithinRunOf(*stored.store, stored.run, stored.run.legs(0))->empty());
}

}  // namespace
}  // namespace weir
