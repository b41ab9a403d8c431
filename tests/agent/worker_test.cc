// The worker in virtual time, against a scripted backend: what is counted, and when.
#include "agent/worker.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/clock.h"
#include "base/simulated_loop.h"
#include "tests/support/read_plan.h"
#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

constexpr int64_t kSecond = kNsPerSecond;
constexpr int64_t kMs = kNsPerMs;

// Constant arrivals at `rate` per second, in exact integers.
class EvenSchedule final : public Schedule {
 public:
  EvenSchedule(uint64_t rate, int64_t duration_ns) : rate_(rate), duration_ns_(duration_ns) {}
  uint64_t size() const override { return rate_ * duration_ns_ / kSecond; }
  int64_t duration_ns() const override { return duration_ns_; }
  uint64_t CountBefore(int64_t offset_ns) const override { return rate_ * offset_ns / kSecond; }
  std::unique_ptr<ScheduleCursor> Cursor(uint64_t first, uint64_t step) const override {
    return std::make_unique<EvenCursor>(*this, first, step);
  }

 private:
  class EvenCursor final : public ScheduleCursor {
   public:
    EvenCursor(const EvenSchedule& schedule, uint64_t first, uint64_t step)
        : schedule_(schedule), index_(first), step_(step) {}
    bool done() const override { return index_ >= schedule_.size(); }
    uint64_t index() const override { return index_; }
    int64_t offset_ns() const override { return index_ * kSecond / schedule_.rate_; }
    void Advance() override { index_ += step_; }

   private:
    const EvenSchedule& schedule_;
    uint64_t index_;
    uint64_t step_;
  };

  uint64_t rate_;
  int64_t duration_ns_;
};

struct Totals {
  Tally all;
  Tally warm_up;
  std::vector<v1::Tally> seconds;
  std::map<uint32_t, v1::Tally> intended;  // by the second of the intended start
  ErrorLog errors;
};

struct Course {
  WorkerSettings worker;
  Stride stride;
  std::unique_ptr<Schedule> schedule;
  ClosedPacing closed;
  int64_t stop_at_ns = INT64_MAX;
};

class StopAt final : public TimerHandler {
 public:
  explicit StopAt(Worker& worker) : worker_(worker) {}
  void OnTimer() override { worker_.Stop(); }

 private:
  Worker& worker_;
};

Totals Drive(const Course& course, Backend& backend) {
  SimulatedLoop loop(kSecond);
  const int64_t start = loop.Now();
  WorkerSettings settings = course.worker;
  if (settings.shape.phases.empty()) settings.shape.phases = {v1::PHASE_MEASURE};
  settings.shape.types = 1;
  PageCollector pages(settings.shape, 1);
  const ReadPlan plan;
  Worker worker(settings, plan, loop, pages);
  EXPECT_TRUE(worker.Open(backend).ok());
  StopAt stop(worker);
  if (course.stop_at_ns != INT64_MAX) loop.Schedule(start + course.stop_at_ns, &stop);
  const auto pacer = course.schedule != nullptr
                         ? MakeOpenPacer(*course.schedule, course.stride, start)
                         : MakeClosedPacer(course.closed, course.stride, start);
  worker.Run(*pacer, start);
  Totals totals;
  for (Page page = pages.MakePage(); pages.Next(&page);) {
    Tally measured;
    page.ForEach([&](uint32_t age, size_t cell, const Tally& tally) {
      const bool last = cell + 1 == settings.shape.cells();
      (last ? measured : totals.warm_up).Add(tally);
      if (!last) return;
      AddCounts(tally.counts(), &totals.intended[page.second - age]);
    });
    totals.all.Add(measured);
    totals.seconds.push_back(measured.ToProto());
  }
  totals.errors.Add(worker.errors());
  return totals;
}

uint64_t Accounted(const v1::Tally& t) {
  return t.ok() + t.not_found() + t.conflict() + t.throttled() + t.timed_out() + t.failed() +
         t.in_doubt() + t.unsent();
}

// R3: a full stall S in a run of length T at load ρ gives p = S − (1−q)·T·(1−ρ), plus the service
// time.
TEST(Worker, ShowsAStallInResponseTimeButNotInServiceTime) {
  for (const double load : {0.1, 0.5, 0.8}) {
    SCOPED_TRACE(load);
    const int64_t service = static_cast<int64_t>(load * kMs);
    ScriptedBackend backend(
        {.service_ns = service, .stall_from_ns = 31 * kSecond, .stall_until_ns = 36 * kSecond});
    Course course;
    course.schedule = std::make_unique<EvenSchedule>(1000, 100 * kSecond);
    const Totals totals = Drive(course, backend);
    EXPECT_EQ(totals.all.counts().ok(), 100'000u);
    for (const double q : {0.99, 0.999}) {
      const double expected = 5e9 - (1 - q) * 100e9 * (1 - load) + service;
      EXPECT_NEAR(totals.all.response.ValueAtQuantile(q), expected, 0.02 * expected);
    }
    EXPECT_LT(totals.all.service.ValueAtQuantile(0.999), 2 * kMs);
    EXPECT_LT(totals.all.lag.ValueAtQuantile(1), 1 * kMs);
  }
}

TEST(Worker, AccountsForEveryPlannedOperationInItsOwnSecond) {
  ScriptedBackend backend({.service_ns = kMs});
  Course course;
  course.schedule = std::make_unique<EvenSchedule>(100, 5 * kSecond);
  const Totals totals = Drive(course, backend);
  ASSERT_GE(totals.seconds.size(), 5u);
  for (int second = 0; second < 5; ++second) EXPECT_EQ(totals.seconds[second].planned(), 100u);
  EXPECT_EQ(totals.all.counts().planned(), 500u);
  EXPECT_EQ(Accounted(totals.all.counts()), 500u);
}

TEST(Worker, BooksAnOperationThatEndsLateWithTheSecondInWhichItWasIntended) {
  // The loop's clock stands at one second when the schedule starts.
  ScriptedBackend backend({.service_ns = kMs,
                           .stall_from_ns = 3 * kSecond + kSecond / 2,
                           .stall_until_ns = 5 * kSecond + kSecond / 2});
  Course course;
  course.schedule = std::make_unique<EvenSchedule>(100, 5 * kSecond);
  const Totals totals = Drive(course, backend);
  for (uint32_t second = 0; second < 5; ++second) {
    EXPECT_EQ(totals.intended.at(second).planned(), 100u) << second;
    EXPECT_EQ(Accounted(totals.intended.at(second)), 100u) << second;
  }
  EXPECT_LT(Accounted(totals.seconds[2]), 100u) << "by the second of the answer it is not so";
}

TEST(Worker, CensorsOverloadInsteadOfDroppingIt) {
  // Twice the load that the server can take, and a timeout that the backlog exceeds.
  ScriptedBackend backend({.service_ns = 10 * kMs});
  Course course;
  course.worker.timeout_ns = 500 * kMs;
  course.schedule = std::make_unique<EvenSchedule>(200, 10 * kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().planned(), 2000u);
  EXPECT_EQ(Accounted(totals.all.counts()), 2000u);
  EXPECT_GT(totals.all.counts().unsent(), 800u);
}

TEST(Worker, DoesNotWaitForEverForASessionThatNeverComesBack) {
  ScriptedBackend backend({.capacity = 0});
  Course course;
  course.worker.timeout_ns = 500 * kMs;
  course.schedule = std::make_unique<EvenSchedule>(10, 2 * kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().unsent(), 20u);
}

TEST(Worker, SpreadsOperationsOverItsSessions) {
  // Two sessions with room for four each: two operations at once go to one each.
  ScriptedBackend backend({.service_ns = kSecond, .capacity = 4});
  Course course;
  course.worker.sessions = 2;
  course.closed = {.operations = 2, .turns = 2};
  Drive(course, backend);
  ASSERT_EQ(backend.sessions_used().size(), 2u);
  EXPECT_NE(backend.sessions_used()[0], backend.sessions_used()[1]);
}

TEST(Worker, GivesUpALoadOfWhichNothingSucceeds) {
  ScriptedBackend backend({.capacity = 0});
  Course course;
  course.worker.timeout_ns = kSecond;
  course.worker.give_up_ns = 3 * kSecond;
  course.closed = {.operations = 1'000'000, .turns = 1};
  const Totals totals = Drive(course, backend);
  EXPECT_LE(totals.seconds.size(), 6u);
  EXPECT_EQ(Accounted(totals.all.counts()), totals.all.counts().planned());
}

TEST(Worker, TakesOnlyItsStrideOfThePlan) {
  ScriptedBackend backend({.service_ns = 0});
  Course course;
  course.stride = {.first = 2, .step = 7};
  course.schedule = std::make_unique<EvenSchedule>(70, kSecond);
  Drive(course, backend);
  ASSERT_EQ(backend.records().size(), 10u);
  for (uint64_t i = 0; i < 10; ++i) EXPECT_EQ(backend.records()[i], 2 + 7 * i);
}

TEST(Worker, KeepsWarmUpApart) {
  ScriptedBackend backend({.service_ns = 0});
  Course course;
  course.worker.shape.phases = {v1::PHASE_WARM_UP, v1::PHASE_MEASURE};
  course.worker.second_phase_offset_ns = kSecond;
  course.schedule = std::make_unique<EvenSchedule>(100, 4 * kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.warm_up.counts().ok(), 100u);
  EXPECT_EQ(totals.all.counts().ok(), 300u);
}

TEST(Worker, TimesOutAnAnswerThatNeverComesAndGoesOn) {
  ScriptedBackend backend(
      {.service_ns = kMs, .lost = [](uint64_t attempt) { return attempt == 3; }});
  Course course;
  course.worker.timeout_ns = 200 * kMs;
  course.schedule = std::make_unique<EvenSchedule>(10, kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().timed_out(), 1u);
  EXPECT_EQ(totals.all.counts().ok(), 9u);
  EXPECT_GE(totals.all.failed_response.Min(), uint64_t{200 * kMs} * 999 / 1000);
}

TEST(Worker, RetriesThrottledAttemptsAfterTheTimeTheServerAsksFor) {
  ScriptedBackend backend({.service_ns = 0, .outcome = [](uint64_t attempt, const Operation&) {
                             Outcome outcome;
                             outcome.charge = 1000;
                             if (attempt > 2) return outcome;
                             outcome.verdict = Verdict::kThrottled;
                             outcome.charge = 380;
                             outcome.retry_after_ns = 40 * kMs;
                             return outcome;
                           }});
  Course course;
  course.worker.retry = {.attempts = 3, .throttled_attempts = 3, .base_ns = 10 * kMs};
  course.schedule = std::make_unique<EvenSchedule>(1, kSecond);
  const Totals totals = Drive(course, backend);
  const v1::Tally& counts = totals.all.counts();
  EXPECT_EQ(counts.ok(), 1u);
  EXPECT_EQ(counts.attempts(), 3u);
  EXPECT_EQ(counts.retries(), 2u);
  EXPECT_EQ(counts.throttled_attempts(), 2u);
  EXPECT_EQ(counts.milli_ru(), 1760u);
  EXPECT_EQ(counts.wasted_milli_ru(), 760u);
  ASSERT_EQ(backend.sent_ns().size(), 3u);
  for (int i = 1; i < 3; ++i) {
    const int64_t gap = backend.sent_ns()[i] - backend.sent_ns()[i - 1];
    EXPECT_GE(gap, 40 * kMs);
    EXPECT_LE(gap, 50 * kMs);
  }
  // The response spans all attempts, the service only the last.
  EXPECT_GE(totals.all.response.Max(), uint64_t{80 * kMs});
  EXPECT_LT(totals.all.service.Max(), uint64_t{kMs});
}

TEST(Worker, FollowsDataThatMovedWhateverThePolicySays) {
  ScriptedBackend backend({.service_ns = 0, .outcome = [](uint64_t attempt, const Operation&) {
                             Outcome outcome;
                             if (attempt > 2) return outcome;
                             outcome.verdict = Verdict::kFailed;
                             outcome.retryable = outcome.moved = true;
                             return outcome;
                           }});
  Course course;
  course.worker.retry = {.attempts = 1, .throttled_attempts = 1};
  course.schedule = std::make_unique<EvenSchedule>(1, kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().ok(), 1u);
  EXPECT_EQ(totals.all.counts().attempts(), 3u);
  EXPECT_EQ(totals.all.counts().failed(), 0u);
}

TEST(Worker, StopsFollowingDataThatNeverArrive) {
  ScriptedBackend backend({.service_ns = 0, .outcome = [](uint64_t, const Operation&) {
                             Outcome outcome;
                             outcome.verdict = Verdict::kFailed;
                             outcome.retryable = outcome.moved = true;
                             return outcome;
                           }});
  Course course;
  course.worker.retry = {.attempts = 2, .throttled_attempts = 1};
  course.schedule = std::make_unique<EvenSchedule>(1, kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().failed(), 1u);
  EXPECT_EQ(totals.all.counts().attempts(), 12u);
}

TEST(Worker, TellsWhatASessionHeldBackFromWhatTheDatabaseTook) {
  ScriptedBackend backend({.service_ns = 50 * kMs, .outcome = [](uint64_t, const Operation&) {
                             Outcome outcome;
                             outcome.held_ns = 30 * kMs;
                             return outcome;
                           }});
  Course course;
  course.schedule = std::make_unique<EvenSchedule>(1, kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_NEAR(static_cast<double>(totals.all.response.Max()), 50 * kMs, kMs);
  EXPECT_NEAR(static_cast<double>(totals.all.service.Max()), 20 * kMs, kMs);
  EXPECT_NEAR(static_cast<double>(totals.all.wait.Max()), 30 * kMs, kMs);
}

TEST(Worker, CountsAnOperationAsThrottledWhenItsAttemptsAreUsedUp) {
  ScriptedBackend backend({.outcome = [](uint64_t, const Operation&) {
    return Outcome{.verdict = Verdict::kThrottled, .detail = "request rate is large"};
  }});
  Course course;
  course.worker.retry = {.attempts = 2, .throttled_attempts = 2};
  course.schedule = std::make_unique<EvenSchedule>(4, kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().throttled(), 4u);
  EXPECT_EQ(totals.all.counts().attempts(), 8u);
  const auto samples = totals.errors.ToProto({"read"});
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].detail(), "request rate is large");
  EXPECT_EQ(samples[0].count(), 4u);
}

TEST(Worker, StopsWithinTheGraceAndStillAccountsForEverything) {
  ScriptedBackend backend({.service_ns = 0, .lost = [](uint64_t n) { return n > 100; }});
  Course course;
  course.worker.sessions = 4;
  course.schedule = std::make_unique<EvenSchedule>(100, 60 * kSecond);
  course.stop_at_ns = 3 * kSecond;
  const Totals totals = Drive(course, backend);
  EXPECT_LE(totals.seconds.size(), 4u);
  EXPECT_EQ(Accounted(totals.all.counts()), totals.all.counts().planned());
  EXPECT_EQ(totals.all.counts().in_doubt(), 4u);
  EXPECT_GT(totals.all.counts().unsent(), 100u);
}

TEST(Worker, InAClosedLoopKeepsEverySessionBusyWithOneOperation) {
  ScriptedBackend backend({.service_ns = 5 * kMs});
  Course course;
  course.worker.sessions = 3;
  course.closed = {.end_ns = kSecond + kSecond, .turns = 3};
  const Totals totals = Drive(course, backend);
  // One server of 5 ms each: 200 in the second, and up to three under way at its end.
  EXPECT_NEAR(totals.all.counts().ok(), 200, 4);
  EXPECT_EQ(Accounted(totals.all.counts()), totals.all.counts().planned());
}

TEST(Worker, InALoadDoesEveryOperationOnce) {
  ScriptedBackend backend({.service_ns = kMs});
  Course course;
  course.worker.sessions = 2;
  course.closed = {.operations = 50, .turns = 2};
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().ok(), 50u);
  ASSERT_EQ(backend.records().size(), 50u);
  for (uint64_t i = 0; i < 50; ++i) EXPECT_EQ(backend.records()[i], i);
}

// Time that passes while code runs: a poll takes a microsecond.
class PollingLoop final : public EventLoop {
 public:
  int64_t Now() const override { return loop_.Now(); }
  void Watch(int fd, uint32_t events, IoHandler* handler) override {
    loop_.Watch(fd, events, handler);
  }
  void Rewatch(int fd, uint32_t events) override { loop_.Rewatch(fd, events); }
  void Unwatch(int fd) override { loop_.Unwatch(fd); }
  TimerId Schedule(int64_t at_ns, TimerHandler* handler) override {
    return loop_.Schedule(at_ns, handler);
  }
  void Cancel(TimerId timer) override { loop_.Cancel(timer); }
  void RunOnce(int64_t until_ns) override {
    const bool poll = until_ns <= loop_.Now();
    polls_ += poll ? 1 : 0;
    if (poll) loop_.Advance(1000);
    loop_.RunOnce(until_ns);
  }
  void Wake() override { loop_.Wake(); }

  uint64_t polls() const { return polls_; }

 private:
  SimulatedLoop loop_;
  uint64_t polls_ = 0;
};

struct SpinningRun {
  uint64_t polls;
  uint64_t spin_ns;
  uint64_t ok;
};

// Two operations, half a second apart.
SpinningRun Spin(int64_t spin_ns, int64_t service_ns, double share = 1) {
  PollingLoop loop;
  ScriptedBackend backend({.service_ns = service_ns});
  WorkerSettings settings;
  settings.shape = {{v1::PHASE_MEASURE}, 1};
  settings.spin_ns = spin_ns;
  settings.spin_share = share;
  PageCollector pages(settings.shape, 1);
  const ReadPlan plan;
  Worker worker(settings, plan, loop, pages);
  EXPECT_TRUE(worker.Open(backend).ok());
  WorkerUse use;
  worker.BookSpin(&use);
  const EvenSchedule schedule(2, kSecond);
  const auto pacer = MakeOpenPacer(schedule, {}, 0);
  worker.Run(*pacer, 0);
  Page page = pages.MakePage();
  EXPECT_TRUE(pages.Next(&page));
  return {loop.polls(), use.SpinNs(), page.At(0, 0).counts().ok()};
}

TEST(Worker, SleepsToTheLastStretchBeforeADueTimeAndSpinsThere) {
  const SpinningRun run = Spin(200'000, 50'000);
  EXPECT_EQ(run.ok, 2u);
  EXPECT_EQ(run.polls, 200u);
  EXPECT_EQ(run.spin_ns, 200'000u);
}

TEST(Worker, DoesNotTakeThePollThatBroughtAnAnswerForSpinning) {
  // Every stretch before the second operation is spun; one poll of it brings the first's answer.
  const SpinningRun run = Spin(kSecond, 50'000);
  EXPECT_EQ(run.ok, 2u);
  EXPECT_EQ(run.spin_ns, uint64_t{kSecond / 2 - 1000});
}

TEST(Worker, DoesNotSpinUnlessAskedTo) {
  const SpinningRun run = Spin(0, 50'000);
  EXPECT_EQ(run.ok, 2u);
  EXPECT_EQ(run.spin_ns, 0u);
  EXPECT_EQ(run.polls, 0u);
}

TEST(Worker, SpinsNoMoreThanItsShareOfTheTime) {
  EXPECT_EQ(Spin(200'000, 50'000, 0).spin_ns, 0u);
  EXPECT_EQ(Spin(200'000, 50'000, 0.1).spin_ns, 200'000u);
}

// Answers inside Start, as an embedded database does.
class EmbeddedBackend final : public Backend {
 public:
  EmbeddedBackend(SimulatedLoop& loop, int64_t service_ns) : loop_(loop), service_ns_(service_ns) {}
  absl::Status SetUp(bool) override { return absl::OkStatus(); }
  absl::StatusOr<Disclosure> Disclose() override { return Disclosure{}; }
  absl::Status Scan(absl::FunctionRef<void(const Record&)>) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop&, CompletionSink& sink) override {
    return std::make_unique<EmbeddedSession>(*this, sink);
  }

 private:
  class EmbeddedSession final : public Session {
   public:
    EmbeddedSession(EmbeddedBackend& backend, CompletionSink& sink)
        : backend_(backend), sink_(sink) {}
    int Capacity() const override { return 1; }
    void Start(const Operation&, Ticket ticket) override {
      backend_.loop_.Advance(backend_.service_ns_);
      sink_.Complete(ticket, {});
    }
    void Abandon(Ticket) override {}

   private:
    EmbeddedBackend& backend_;
    CompletionSink& sink_;
  };

  SimulatedLoop& loop_;
  const int64_t service_ns_;
};

// Time passes in which the worker does not run.
class Pause final : public TimerHandler {
 public:
  Pause(SimulatedLoop& loop, int64_t ns) : loop_(loop), ns_(ns) {}
  void OnTimer() override { loop_.Advance(ns_); }

 private:
  SimulatedLoop& loop_;
  const int64_t ns_;
};

// One operation every 10 ms for two seconds.
Tally DriveEmbedded(int64_t service_ns, int64_t pause_ns) {
  SimulatedLoop loop;
  EmbeddedBackend backend(loop, service_ns);
  WorkerSettings settings;
  settings.shape = {{v1::PHASE_MEASURE}, 1};
  PageCollector pages(settings.shape, 1);
  const ReadPlan plan;
  Worker worker(settings, plan, loop, pages);
  EXPECT_TRUE(worker.Open(backend).ok());
  Pause pause(loop, pause_ns);
  loop.Schedule(kSecond / 2, &pause);
  const EvenSchedule schedule(100, 2 * kSecond);
  const auto pacer = MakeOpenPacer(schedule, {}, 0);
  worker.Run(*pacer, 0);
  Tally all;
  for (Page page = pages.MakePage(); pages.Next(&page);) {
    page.ForEach([&](uint32_t, size_t, const Tally& tally) { all.Add(tally); });
  }
  EXPECT_EQ(all.counts().ok(), 200u);
  return all;
}

TEST(Worker, TakesTheTimeThatAnEmbeddedDatabaseHoldsItsThreadForWaitAndNotForLag) {
  const Tally tally = DriveEmbedded(25 * kMs, 0);
  EXPECT_LT(tally.lag.Max(), uint64_t{kMs});
  EXPECT_GT(tally.wait.Max(), uint64_t{2 * kSecond});
}

TEST(Worker, KnowsHowLateItIsAfterAPauseAcrossSeconds) {
  const Tally tally = DriveEmbedded(0, 1400 * kMs);
  EXPECT_NEAR(tally.lag.Max(), 1390 * kMs, 12 * kMs);
  EXPECT_NEAR(tally.lag.ValueAtQuantile(0.5), 400 * kMs, 30 * kMs);
}

TEST(Worker, StopsAfterItsLengthWhateverIsLeft) {
  ScriptedBackend backend({.service_ns = 10 * kMs});
  Course course;
  course.worker.length_ns = 2 * kSecond;
  course.schedule = std::make_unique<EvenSchedule>(200, 60 * kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_LE(totals.seconds.size(), 3u);
  EXPECT_GT(totals.all.counts().unsent(), 100u);
  EXPECT_EQ(Accounted(totals.all.counts()), totals.all.counts().planned());
}

TEST(Worker, DoesNotTakeAStalledServersBacklogForLagOfItsOwn) {
  // The backlog holds more moments than are kept one by one.
  ScriptedBackend backend({.stall_from_ns = 1, .stall_until_ns = 9 * kSecond});
  Course course;
  course.schedule = std::make_unique<EvenSchedule>(80'000, kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().ok(), 80'000u);
  EXPECT_LT(totals.all.lag.Max(), 1 * uint64_t{kMs});
}

TEST(Worker, KnowsTheLagOfOperationsThatWereNeverSent) {
  ScriptedBackend backend({.capacity = 0});
  Course course;
  course.worker.timeout_ns = 100 * kMs;
  course.schedule = std::make_unique<EvenSchedule>(50, kSecond);
  const Totals totals = Drive(course, backend);
  EXPECT_EQ(totals.all.counts().unsent(), 50u);
  EXPECT_EQ(totals.all.lag.count(), 50u);
  EXPECT_LT(totals.all.lag.Max(), 1 * uint64_t{kMs});
}

TEST(ErrorLog, KeepsAFewDistinctAnswersAndCountsTheRest) {
  ErrorLog log;
  for (int i = 0; i < 20; ++i) {
    log.Add(v1::PHASE_MEASURE, 0, Verdict::kFailed, "answer " + std::to_string(i % 10));
  }
  const auto samples = log.ToProto({"read"});
  EXPECT_EQ(samples.size(), ErrorLog::kMostDistinct + 1);
  uint64_t total = 0;
  for (const auto& sample : samples) total += sample.count();
  EXPECT_EQ(total, 20u);
}

TEST(PageCollector, WaitsForEveryWorkerAndForgetsThoseThatFinished) {
  TallyShape shape{{v1::PHASE_MEASURE}, 1};
  PageCollector pages(shape, 2);
  auto a = pages.Turn(nullptr, 0);
  auto b = pages.Turn(nullptr, 0);
  const auto count = [](Page& page, uint64_t ok) { page.At(0, 0).counts().set_ok(ok); };
  count(*a, 1);
  count(*b, 10);
  a = pages.Turn(std::move(a), 1);
  count(*a, 2);
  pages.Finish(std::move(a));
  ASSERT_FALSE(pages.Ready()) << "the other worker has not handed in second 0";
  b = pages.Turn(std::move(b), 1);
  Page page = pages.MakePage();
  EXPECT_TRUE(pages.Next(&page));
  EXPECT_EQ(page.At(0, 0).counts().ok(), 11u);
  ASSERT_FALSE(pages.Ready()) << "the finished worker's page alone is not second 1";
  count(*b, 20);
  b = pages.Turn(std::move(b), 2);
  ASSERT_TRUE(pages.Ready());
  count(*b, 30);
  pages.Finish(std::move(b));
  std::vector<uint64_t> seconds;
  while (pages.Next(&page)) seconds.push_back(page.At(0, 0).counts().ok());
  EXPECT_EQ(seconds, (std::vector<uint64_t>{22, 30}));
}

}  // namespace
}  // namespace weir
