#include "agent/observer_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "agent/database_watch.h"
#include "base/clock.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// A backend that can only be observed; it says when enough samples were taken.
class WatchedBackend final : public Backend {
 public:
  struct Diary {
    std::vector<std::string> calls;
    std::vector<uint32_t> seconds;
    size_t wanted = 0;
    std::promise<void> enough;
  };

  explicit WatchedBackend(size_t wanted = 1) { diary.wanted = wanted; }

  absl::Status SetUp(bool) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop&, CompletionSink&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<Disclosure> Disclose() override { return Disclosure(); }
  absl::Status Scan(absl::FunctionRef<void(const Record&)>) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<std::string>> Settle() override { return left_out; }
  absl::StatusOr<std::unique_ptr<Observer>> Observe() override {
    if (!reachable) return absl::UnavailableError("no route");
    return std::make_unique<Scripted>(diary);
  }

  Diary diary;
  bool reachable = true;
  std::vector<std::string> left_out;

 private:
  class Scripted final : public Observer {
   public:
    explicit Scripted(Diary& diary) : diary_(diary) {}
    void Begin(uint32_t) override { diary_.calls.push_back("begin"); }
    void Sample(uint32_t second) override {
      diary_.seconds.push_back(second);
      if (diary_.seconds.size() == diary_.wanted) diary_.enough.set_value();
    }
    ObservedFacts Conclude() override {
      diary_.calls.push_back("conclude");
      ObservedFacts facts;
      facts.waits = {{"pg_stat_activity", "IO/WALSync", 3, "samples"}};
      facts.wait_samples = 5;
      facts.counters = {{"pg_stat_wal", "wal_bytes", 4711, "bytes"}};
      facts.events = {{7, "checkpoint (timed)"}};
      facts.gaps = {"pg_stat_io: not before PostgreSQL 16"};
      return facts;
    }

   private:
    Diary& diary_;
  };
};

TEST(ObserverThread, BeginsSamplesAndConcludesByItself) {
  WatchedBackend backend(3);
  ObserverThread observer(backend, {0, 600 * kNsPerSecond, kNsPerMs});
  observer.AddGaps({"no CHECKPOINT"});
  observer.Start(MonotonicNs() - 3 * kNsPerSecond);
  backend.diary.enough.get_future().wait();
  const v1::Evidence evidence = observer.Finish();
  EXPECT_THAT(backend.diary.calls, ElementsAre("begin", "conclude"));
  EXPECT_GE(backend.diary.seconds[0], 3u);
  EXPECT_EQ(evidence.waits(0).name(), "IO/WALSync");
  EXPECT_EQ(evidence.waits(0).value(), 3);
  EXPECT_EQ(evidence.wait_samples(), 5u);
  EXPECT_EQ(evidence.counters(0).group(), "pg_stat_wal");
  EXPECT_EQ(evidence.counters(0).unit(), "bytes");
  EXPECT_EQ(evidence.events(0).second(), 7u);
  EXPECT_EQ(evidence.events(0).what(), "checkpoint (timed)");
  EXPECT_THAT(evidence.gaps(),
              ElementsAre("no CHECKPOINT", "pg_stat_io: not before PostgreSQL 16"));
}

TEST(ObserverThread, NothingIsObservedBeforeItsSpan) {
  WatchedBackend backend;
  ObserverThread observer(backend, {.begin_ns = 600 * kNsPerSecond, .end_ns = 700 * kNsPerSecond});
  observer.Start(MonotonicNs());
  EXPECT_EQ(observer.Finish().wait_samples(), 0u);
  EXPECT_THAT(backend.diary.calls, ElementsAre());
}

TEST(ObserverThread, NothingIsSampledAfterItsSpan) {
  WatchedBackend backend;
  {
    ObserverThread observer(backend, {.begin_ns = 0, .end_ns = kNsPerSecond});
    observer.Start(MonotonicNs() - 10 * kNsPerSecond);
  }
  EXPECT_THAT(backend.diary.seconds, SizeIs(0));
}

TEST(ObserverThread, ADatabaseThatCannotBeWatchedIsAGap) {
  WatchedBackend backend;
  backend.reachable = false;
  ObserverThread observer(backend, {.begin_ns = 0, .end_ns = kNsPerSecond});
  observer.Start(MonotonicNs());
  EXPECT_THAT(observer.Finish().gaps(), ElementsAre("watching the database: no route"));
}

TEST(DatabaseWatch, IsTheFirstSharesAndOnlyWhereADatabaseIsTouched) {
  WatchedBackend backend;
  v1::Prepare prepare;
  for (const v1::Task task : {v1::TASK_DRIVE, v1::TASK_LOAD, v1::TASK_PROVE}) {
    for (const uint32_t share : {0u, 1u}) {
      prepare.set_task(task);
      prepare.set_share_index(share);
      const bool watches = share == 0 && task != v1::TASK_PROVE;
      EXPECT_EQ(DatabaseWatch::Make(prepare, {}, backend) != nullptr, watches);
    }
  }
}

TEST(DatabaseWatch, WhatSettlingLeftOutIsInTheEvidence) {
  WatchedBackend backend;
  backend.left_out = {"no CHECKPOINT before the start"};
  v1::Prepare prepare;
  prepare.set_task(v1::TASK_DRIVE);
  const auto watch = DatabaseWatch::Make(prepare, {}, backend);
  v1::StageDone done;
  watch->Conclude(&done);
  EXPECT_THAT(done.evidence().gaps(), ElementsAre("no CHECKPOINT before the start"));
}

}  // namespace
}  // namespace weir
