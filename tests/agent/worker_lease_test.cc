// No operation without a lease, whoever else is asleep (R40). In virtual time.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "agent/worker.h"
#include "base/clock.h"
#include "base/simulated_loop.h"
#include "generators/schedule.h"
#include "tests/support/read_plan.h"
#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

class Call final : public TimerHandler {
 public:
  explicit Call(std::function<void()> what) : what_(std::move(what)) {}
  void OnTimer() override { what_(); }

 private:
  std::function<void()> what_;
};

class WorkerLeaseTest : public testing::Test {
 protected:
  WorkerLeaseTest() {
    settings_.sessions = 4;
    settings_.shape.phases = {v1::PHASE_MEASURE};
    settings_.shape.types = 1;
  }

  // A hundred operations a second for two seconds. `what` happens at `at_ns` after the start.
  void Run(int64_t lease_ns, int64_t at_ns, const std::function<void(Worker&)>& what) {
    PageCollector pages(settings_.shape, 1);
    Worker worker(settings_, plan_, loop_, pages);
    ASSERT_TRUE(worker.Open(backend_).ok());
    worker.ExtendLease(kStartNs + lease_ns);
    Call call([&] { what(worker); });
    loop_.Schedule(kStartNs + at_ns, &call);
    const auto schedule = MakeSchedule(shape_, 2 * kNsPerSecond, 1);
    ASSERT_TRUE(schedule.ok()) << schedule.status();
    const auto pacer = MakeOpenPacer(**schedule, {0, 1}, kStartNs);
    worker.Run(*pacer, kStartNs);
    stopped_ = worker.stopped();
    for (Page page = pages.MakePage(); pages.Next(&page);) {
      page.ForEach(
          [&](uint32_t, size_t, const Tally& tally) { AddCounts(tally.ToProto(), &counts_); });
    }
  }

  int64_t LastSentNs() const { return backend_.sent_ns().back() - kStartNs; }

  static constexpr int64_t kStartNs = kNsPerSecond;
  SimulatedLoop loop_{kStartNs};
  ScriptedBackend backend_{{.service_ns = kNsPerMs}};
  const ReadPlan plan_;
  WorkerSettings settings_;
  v1::OpenLoop shape_ = [] {
    v1::OpenLoop shape;
    shape.mutable_rate()->set_operations(100);
    shape.mutable_rate()->set_per_ns(kNsPerSecond);
    shape.set_arrivals(v1::ARRIVAL_PROCESS_CONSTANT);
    return shape;
  }();
  bool stopped_ = false;
  v1::Tally counts_;
};

TEST_F(WorkerLeaseTest, IssuesNothingFromTheEndOfItsLeaseOn) {
  Run(500 * kNsPerMs, 0, [](Worker&) {});
  EXPECT_LT(LastSentNs(), 500 * kNsPerMs);
  EXPECT_EQ(backend_.attempts(), 50u);
  EXPECT_TRUE(stopped_);
  EXPECT_EQ(counts_.planned(), counts_.ok() + counts_.unsent()) << "and accounts for all";
}

TEST_F(WorkerLeaseTest, GoesOnWhenTheLeaseIsExtendedInTime) {
  Run(500 * kNsPerMs, 400 * kNsPerMs,
      [](Worker& worker) { worker.ExtendLease(kStartNs + 10 * kNsPerSecond); });
  EXPECT_EQ(backend_.attempts(), 200u);
  EXPECT_FALSE(stopped_);
}

// The process was stopped while its lease ended: what it finds due when it wakes is not issued.
TEST_F(WorkerLeaseTest, IssuesNothingAfterASleepThatOutlastedTheLease) {
  Run(500 * kNsPerMs, 300 * kNsPerMs, [this](Worker&) { loop_.Advance(kNsPerSecond); });
  EXPECT_LE(LastSentNs(), 300 * kNsPerMs);
  EXPECT_TRUE(stopped_);
  EXPECT_EQ(counts_.planned(), counts_.ok() + counts_.unsent());
}

}  // namespace
}  // namespace weir
