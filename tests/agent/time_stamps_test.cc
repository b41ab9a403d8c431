// Where in the life of an operation time is lost, and which of its times show it (R1): 50 ms are
// put into one stage at a time, everything else takes none.
#include <gtest/gtest.h>

#include "agent/worker.h"
#include "base/clock.h"
#include "base/simulated_loop.h"
#include "tests/support/read_plan.h"

namespace weir {
namespace {

constexpr int64_t kStart = kNsPerSecond;
constexpr int64_t kDue = kStart + 10 * kNsPerMs;
constexpr int64_t kDelay = 50 * kNsPerMs;

enum class Stage { kNone, kLag, kWait, kService };

// One session. Takes operations only from a time on, and answers after a time.
class DelayingBackend final : public Backend {
 public:
  DelayingBackend(int64_t free_from_ns, int64_t service_ns)
      : free_from_ns_(free_from_ns), service_ns_(service_ns) {}

  absl::Status SetUp(bool) override { return absl::OkStatus(); }
  absl::StatusOr<Disclosure> Disclose() override { return Disclosure{}; }
  absl::Status Scan(absl::FunctionRef<void(const Record&)>) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                       CompletionSink& sink) override {
    return std::make_unique<DelayingSession>(*this, loop, sink);
  }

 private:
  class DelayingSession final : public Session, public TimerHandler {
   public:
    DelayingSession(const DelayingBackend& backend, EventLoop& loop, CompletionSink& sink)
        : backend_(backend), loop_(loop), sink_(sink) {
      loop.Schedule(backend.free_from_ns_, this);
    }

    int Capacity() const override { return free_ ? 1 : 0; }
    void Start(const Operation&, Ticket ticket) override {
      free_ = false;
      ticket_ = ticket;
      started_ = true;
      loop_.Schedule(loop_.Now() + backend_.service_ns_, this);
    }
    void Abandon(Ticket) override {}
    void OnTimer() override {
      free_ = true;
      if (started_) return sink_.Complete(ticket_, {});
      sink_.Ready(this);
    }

   private:
    const DelayingBackend& backend_;
    EventLoop& loop_;
    CompletionSink& sink_;
    bool free_ = false;
    bool started_ = false;
    Ticket ticket_ = 0;
  };

  const int64_t free_from_ns_;
  const int64_t service_ns_;
};

// Keeps the worker's thread busy, as other work on its core would.
class BusyThread final : public TimerHandler {
 public:
  explicit BusyThread(SimulatedLoop& loop) : loop_(loop) {}
  void OnTimer() override { loop_.Advance(kDelay); }

 private:
  SimulatedLoop& loop_;
};

// One operation, with the delay in this stage.
Tally Delayed(Stage stage) {
  v1::OpenLoop settings;
  settings.mutable_rate()->set_operations(100);
  settings.mutable_rate()->set_per_ns(kNsPerSecond);
  settings.set_arrivals(v1::ARRIVAL_PROCESS_CONSTANT);
  const auto schedule = *MakeSchedule(settings, 2 * (kDue - kStart), 1);

  SimulatedLoop loop(kStart);
  BusyThread busy(loop);
  if (stage == Stage::kLag) loop.Schedule(kDue, &busy);
  DelayingBackend backend(stage == Stage::kWait ? kDue + kDelay : kStart,
                          stage == Stage::kService ? kDelay : 0);
  const WorkerSettings worker_settings{.shape = {{v1::PHASE_MEASURE}, 1}};
  PageCollector pages(worker_settings.shape, 1);
  const ReadPlan plan;
  Worker worker(worker_settings, plan, loop, pages);
  EXPECT_TRUE(worker.Open(backend).ok());
  // The second of the two operations: the first is due before anything can be delayed.
  const auto pacer = MakeOpenPacer(*schedule, {.first = 1, .step = 2}, kStart);
  worker.Run(*pacer, kStart);

  Tally total;
  for (Page page = pages.MakePage(); pages.Next(&page);) {
    page.ForEach([&](uint32_t, size_t, const Tally& tally) { total.Add(tally); });
  }
  EXPECT_EQ(total.counts().ok(), 1u);
  return total;
}

// Which of the times hold the delay; the others are nothing.
struct Moved {
  bool response, dispatch_response, service, lag, wait;
};

void Expect(Stage stage, const Moved& moved) {
  const Tally tally = Delayed(stage);
  const auto expect = [](const char* name, const Histogram& histogram, bool holds_delay) {
    ASSERT_EQ(histogram.count(), 1u) << name;
    // A bucket is 0.1 % wide.
    EXPECT_NEAR(static_cast<double>(histogram.Max()), holds_delay ? kDelay : 0, 0.001 * kDelay)
        << name;
  };
  expect("response", tally.response, moved.response);
  expect("dispatch_response", tally.dispatch_response, moved.dispatch_response);
  expect("service", tally.service, moved.service);
  expect("lag", tally.lag, moved.lag);
  expect("wait", tally.wait, moved.wait);
}

TEST(TimeStamps, WithoutDelayAreAllTheSame) { Expect(Stage::kNone, {}); }

TEST(TimeStamps, ABusyWorkerShowsInLagAndResponse) {
  Expect(Stage::kLag, {.response = true, .lag = true});
}

TEST(TimeStamps, AMissingSessionShowsInWaitAndBothResponses) {
  Expect(Stage::kWait, {.response = true, .dispatch_response = true, .wait = true});
}

TEST(TimeStamps, ASlowDatabaseShowsInServiceAndBothResponses) {
  Expect(Stage::kService, {.response = true, .dispatch_response = true, .service = true});
}

}  // namespace
}  // namespace weir
