// What a worker puts down of each operation: ledger (R47), letters (R51), and the doubt that a
// retry carries (R50).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "agent/worker.h"
#include "base/clock.h"
#include "base/simulated_loop.h"
#include "tests/support/scripted_backend.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InsertPlan final : public OperationPlan {
 public:
  explicit InsertPlan(uint32_t batch) : batch_(batch) {}
  const std::vector<OperationType>& types() const override { return types_; }
  uint32_t TypeOf(uint64_t) const override { return 0; }
  void Make(uint64_t index, PlannedOperation* planned) const override {
    planned->type = 0;
    planned->operation = {};
    planned->operation.kind = OperationKind::kInsert;
    planned->operation.first_record = index * batch_;
    planned->operation.records = batch_;
  }

 private:
  const uint32_t batch_;
  std::vector<OperationType> types_{{"insert", v1::OPERATION_KIND_INSERT, 1, 1, nullptr, "new"}};
};

struct Books {
  std::vector<uint64_t> acknowledged;
  std::vector<uint64_t> unknown;
  std::vector<Undelivered> undelivered;
};

Books Drive(Script script, uint32_t batch = 1, uint32_t attempts = 1) {
  ScriptedBackend backend(std::move(script));
  SimulatedLoop loop(kNsPerSecond);
  WorkerSettings settings;
  settings.timeout_ns = kNsPerSecond;
  settings.retry = {.attempts = attempts, .throttled_attempts = attempts, .base_ns = kNsPerMs};
  settings.keeps_ledger = true;
  settings.keeps_letters = true;
  settings.shape.phases = {v1::PHASE_LOAD};
  settings.shape.types = 1;
  const InsertPlan plan(batch);
  PageCollector pages(settings.shape, 1);
  Worker worker(settings, plan, loop, pages);
  EXPECT_TRUE(worker.Open(backend).ok());
  const int64_t start = loop.Now();
  const auto pacer = MakeClosedPacer({.operations = 5, .turns = 1}, {0, 1}, start);
  worker.Run(*pacer, start);
  Books books;
  for (Page page = pages.MakePage(); pages.Next(&page);) {
    books.acknowledged.insert(books.acknowledged.end(), page.acknowledged.begin(),
                              page.acknowledged.end());
    books.unknown.insert(books.unknown.end(), page.unknown.begin(), page.unknown.end());
    for (Undelivered& letter : page.undelivered) books.undelivered.push_back(std::move(letter));
  }
  return books;
}

Script Answer(Verdict verdict, bool retryable = false) {
  Script script;
  script.service_ns = kNsPerMs;
  script.outcome = [=](uint64_t attempt, const Operation& operation) {
    Outcome outcome;
    outcome.records = operation.records;
    if (attempt == 3) outcome = {.verdict = verdict, .retryable = retryable, .detail = "no"};
    return outcome;
  };
  return script;
}

TEST(WorkerLedger, WhatTheDatabaseAcknowledgedIsPutDownByItsIndex) {
  const Books books = Drive(Answer(Verdict::kOk));
  EXPECT_THAT(books.acknowledged, ElementsAre(0u, 1u, 2u, 3u, 4u));
  EXPECT_THAT(books.unknown, IsEmpty());
  EXPECT_TRUE(books.undelivered.empty());
}

TEST(WorkerLedger, ALostAnswerIsUnknownAndNeverAcknowledged) {
  for (const Verdict verdict : {Verdict::kInDoubt, Verdict::kTimedOut}) {
    const Books books = Drive(Answer(verdict));
    EXPECT_THAT(books.acknowledged, ElementsAre(0u, 1u, 3u, 4u));
    EXPECT_THAT(books.unknown, ElementsAre(2u));
    ASSERT_EQ(books.undelivered.size(), 1u);
    EXPECT_EQ(books.undelivered[0].index, 2u);
    EXPECT_EQ(books.undelivered[0].verdict, verdict);
    EXPECT_TRUE(books.undelivered[0].writes);
  }
}

TEST(WorkerLedger, AnAnswerThatNeverComesIsUnknown) {
  Script script;
  script.service_ns = kNsPerMs;
  script.outcome = [](uint64_t, const Operation&) { return Outcome{.records = 1}; };
  script.lost = [](uint64_t attempt) { return attempt == 3; };
  EXPECT_THAT(Drive(script).unknown, ElementsAre(2u));
}

TEST(WorkerLedger, ARefusalIsInNeitherListButALetter) {
  const Books books = Drive(Answer(Verdict::kFailed));
  EXPECT_THAT(books.acknowledged, ElementsAre(0u, 1u, 3u, 4u));
  EXPECT_THAT(books.unknown, IsEmpty());
  ASSERT_EQ(books.undelivered.size(), 1u);
  EXPECT_EQ(books.undelivered[0].detail, "no");
}

TEST(WorkerLedger, AConflictIsAnAnswerAndNoLetter) {
  const Books books = Drive(Answer(Verdict::kConflict));
  EXPECT_EQ(books.acknowledged.size(), 4u);
  EXPECT_TRUE(books.undelivered.empty());
}

TEST(WorkerLedger, ARefusalAfterALostAnswerLeavesTheEffectUnknown) {
  Script script = Answer(Verdict::kOk);
  script.outcome = [](uint64_t attempt, const Operation&) {
    if (attempt == 1) return Outcome{.verdict = Verdict::kInDoubt, .retryable = true};
    if (attempt == 2) return Outcome{.verdict = Verdict::kFailed};
    return Outcome{.records = 1};
  };
  const Books books = Drive(script, 1, 2);
  EXPECT_THAT(books.unknown, ElementsAre(0u));
  EXPECT_EQ(books.undelivered[0].attempts, 2u);
}

TEST(WorkerLedger, OnlyAnUnknownEffectPutsARetryInDoubt) {
  std::map<uint64_t, bool> in_doubt;  // by attempt
  Script script;
  script.service_ns = kNsPerMs;
  script.outcome = [&](uint64_t attempt, const Operation& operation) {
    in_doubt[attempt] = operation.in_doubt;
    if (attempt == 1) return Outcome{.verdict = Verdict::kFailed, .retryable = true};
    if (attempt == 2) return Outcome{.verdict = Verdict::kThrottled, .in_doubt = true};
    if (attempt == 3) return Outcome{.verdict = Verdict::kFailed, .retryable = true};
    return Outcome{.records = 1};
  };
  Drive(script, 1, 4);
  EXPECT_FALSE(in_doubt[1]);
  EXPECT_FALSE(in_doubt[2]) << "the first attempt certainly had no effect";
  EXPECT_TRUE(in_doubt[3]) << "a part of the second was lost";
  EXPECT_TRUE(in_doubt[4]) << "doubt stays";
  EXPECT_FALSE(in_doubt[5]) << "but not for the next operation";
}

TEST(WorkerLedger, DoubtGoesAlongWithABatchOfWhichAPartHasMoved) {
  bool in_doubt = false;
  Script script;
  script.service_ns = kNsPerMs;
  script.outcome = [&](uint64_t attempt, const Operation& operation) {
    Outcome outcome{.records = operation.records};
    if (attempt == 1) {
      outcome = {.verdict = Verdict::kFailed, .retryable = true, .moved = true, .in_doubt = true};
    }
    if (attempt == 2) in_doubt = operation.in_doubt;
    return outcome;
  };
  Drive(script, 10, 2);
  EXPECT_TRUE(in_doubt);
}

TEST(WorkerLedger, ABatchAppliedInPartIsUnknown) {
  Script script;
  script.service_ns = kNsPerMs;
  script.outcome = [](uint64_t attempt, const Operation& operation) {
    if (attempt != 1) return Outcome{.records = operation.records};
    operation.applied->Add(0);
    return Outcome{.verdict = Verdict::kFailed, .records = 1};
  };
  EXPECT_THAT(Drive(script, 10).unknown, ElementsAre(0u));
}

}  // namespace
}  // namespace weir
