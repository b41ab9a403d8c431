// A worker and the caps of its agent, in virtual time.
#include <gtest/gtest.h>

#include "agent/worker.h"
#include "base/clock.h"
#include "base/simulated_loop.h"
#include "tests/support/read_plan.h"
#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

constexpr int64_t kMs = kNsPerMs;

struct Ran {
  bool stopped = false;
  int64_t ns = 0;
  uint64_t attempts = 0;
  uint64_t most_in_a_second = 0;
  v1::Tally counts;
};

// A closed loop of four turns, as fast as the backend answers.
Ran Work(WorkerSettings settings, Script script, uint64_t operations) {
  SimulatedLoop loop(kNsPerSecond);
  const int64_t start = loop.Now();
  settings.shape = {.phases = {v1::PHASE_MEASURE}, .types = 1};
  settings.sessions = 4;
  PageCollector pages(settings.shape, 1);
  const ReadPlan plan;
  ScriptedBackend backend(std::move(script));
  Worker worker(settings, plan, loop, pages);
  EXPECT_TRUE(worker.Open(backend).ok());
  const auto pacer =
      MakeClosedPacer({.operations = operations, .turns = 4}, {.first = 0, .step = 1}, start);
  worker.Run(*pacer, start);
  Ran ran{.stopped = worker.stopped(), .ns = loop.Now() - start, .attempts = backend.attempts()};
  std::map<int64_t, uint64_t> by_second;
  for (const int64_t sent : backend.sent_ns()) {
    ran.most_in_a_second =
        std::max(ran.most_in_a_second, ++by_second[(sent - start) / kNsPerSecond]);
  }
  for (Page page = pages.MakePage(); pages.Next(&page);) {
    page.ForEach(
        [&](uint32_t, size_t, const Tally& tally) { AddCounts(tally.counts(), &ran.counts); });
  }
  return ran;
}

TEST(WorkerCaps, TheOperationThatWouldExceedTheCapIsNotSentAndTheStageEnds) {
  RateCap cap(100, 1);
  const Ran ran = Work({.caps = {.operations = &cap}}, {.service_ns = kMs}, 1000);
  EXPECT_TRUE(cap.reached());
  EXPECT_TRUE(ran.stopped);
  EXPECT_EQ(ran.attempts, 100u);
  EXPECT_LT(ran.ns, kNsPerSecond);
}

TEST(WorkerCaps, RetriesCount) {
  RateCap cap(100, 1);
  const auto fails = [](uint64_t, const Operation&) {
    return Outcome{.verdict = Verdict::kFailed, .retryable = true};
  };
  const Ran ran = Work(
      {.retry = {.attempts = 50, .base_ns = 1000, .cap_ns = 1000}, .caps = {.operations = &cap}},
      {.service_ns = kMs, .outcome = fails}, 1000);
  EXPECT_TRUE(cap.reached());
  EXPECT_EQ(ran.attempts, 100u);
  EXPECT_GT(ran.counts.retries(), 80u);
}

TEST(WorkerCaps, BelowTheCapNothingIsStoppedOrSlowed) {
  RateCap cap(2000, 1);
  const Ran ran = Work({.caps = {.operations = &cap}}, {.service_ns = kMs}, 3000);
  EXPECT_FALSE(cap.reached());
  EXPECT_FALSE(ran.stopped);
  EXPECT_EQ(ran.counts.ok(), 3000u);
  EXPECT_NEAR(static_cast<double>(ran.ns), 3e9, 1e7);
}

TEST(WorkerCaps, ALoadWaitsForTheNextSecondAndLosesNothing) {
  RateCap cap(100, 1);
  // Longer than the timeout: what waits for the cap is not given up.
  const Ran ran = Work({.timeout_ns = 500 * kMs, .caps = {.operations = &cap, .waits = true}},
                       {.service_ns = kMs}, 350);
  EXPECT_FALSE(cap.reached());
  EXPECT_FALSE(ran.stopped);
  EXPECT_EQ(ran.counts.ok(), 350u);
  EXPECT_EQ(ran.counts.unsent(), 0u);
  EXPECT_EQ(ran.most_in_a_second, 100u);
  EXPECT_GT(ran.ns, 3 * kNsPerSecond);
}

TEST(WorkerCaps, RequestUnitsEndTheStageWithinWhatIsInFlight) {
  RateCap cap(100'000, 1);  // 100 RU/s
  const auto costly = [](uint64_t, const Operation&) { return Outcome{.charge = 10'000}; };
  const Ran ran = Work({.caps = {.milli_ru = &cap}}, {.service_ns = kMs, .outcome = costly}, 1000);
  EXPECT_TRUE(cap.reached());
  EXPECT_TRUE(ran.stopped);
  EXPECT_LE(ran.counts.milli_ru(), 100'000u + 4 * 10'000);
}

TEST(WorkerCaps, ALoadPaysBackTheRequestUnitsThatWereInFlight) {
  RateCap cap(100'000, 1);
  const auto costly = [](uint64_t, const Operation&) { return Outcome{.charge = 60'000}; };
  const Ran ran =
      Work({.caps = {.milli_ru = &cap, .waits = true}}, {.service_ns = kMs, .outcome = costly}, 20);
  EXPECT_EQ(ran.counts.ok(), 20u);  // 1,200 RU
  EXPECT_GT(ran.ns, 10 * kNsPerSecond);
  EXPECT_LT(ran.ns, 13 * kNsPerSecond);
}

}  // namespace
}  // namespace weir
