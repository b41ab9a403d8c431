// The backend against the emulator: throughput, partitions, and servers that go away.
// What every backend promises is in tests/backends/contract_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "tests/backends/cosmos/emulator_fixture.h"
#include "tests/support/brute_force.h"

namespace weir::cosmos {
namespace {

TEST_F(CosmosEmulatorTest, AThrottledBulkInsertIsFinishedByRetries) {
  target_.set_throughput(1'200);
  options_.throughput_per_partition = 400;  // three partitions
  Open();
  const KeptOutcome done = RunWithRetries(Insert(0, 200), 40);
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_EQ(applied_.count(), 200u);
  EXPECT_GE(throttled_, 1);
  EXPECT_GT(charge_, 200 * 5'000);
  ExpectStored(200);
}

TEST_F(CosmosEmulatorTest, HoldsRequestsBackInsteadOfHavingThemThrottled) {
  target_.set_throughput(1'200);
  target_.set_congestion_control(true);
  options_.throughput_per_partition = 400;  // three partitions
  Open();
  const KeptOutcome first = driver_.Run(*session_, Insert(0, 500));
  EXPECT_GT(first.outcome.held_ns, kNsPerSecond / 2);
  // A request at the end of a second or two, of dozens.
  uint32_t requests = 0;
  for (const PartitionPart& part : first.parts) requests += part.requests;
  EXPECT_GE(requests, 15u);
  EXPECT_LE(first.outcome.throttled_parts, requests / 5);
  Operation rest = Insert(0, 1);
  rest.records = 500;
  rest.applied = &applied_;
  rest.attempt = 2;
  const KeptOutcome done = first.outcome.verdict == Verdict::kOk ? first : RunWithRetries(rest, 40);
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_EQ(applied_.count(), 500u);
  ExpectStored(500);
}

TEST_F(CosmosEmulatorTest, WhatIsHeldBackCanBeAbandonedAndShowsThatItGoesOn) {
  target_.set_congestion_control(true);
  Open();
  const Operation many = Insert(0, 400);
  const int64_t started_ns = driver_.loop().Now();
  const Ticket ticket = driver_.Start(*session_, many);
  driver_.RunUntil([&] { return driver_.loop().Now() > started_ns + 1'500'000'000; });
  EXPECT_GT(session_->LastSignNs(ticket), started_ns);
  EXPECT_EQ(session_->Capacity(), 0);
  session_->Abandon(ticket);
  EXPECT_EQ(session_->Capacity(), 1);
  EXPECT_EQ(driver_.Run(*session_, Insert(1000, 1)).outcome.verdict, Verdict::kOk);
  EXPECT_EQ(driver_.CompletionsOf(ticket), 0);
}

TEST_F(CosmosEmulatorTest, AThrottledPointWriteSaysHowLongToWait) {
  Open();
  KeptOutcome done;
  for (uint64_t index = 0; index < 2'000; ++index) {
    done = driver_.Run(*session_, Insert(index, 1));
    if (done.outcome.verdict != Verdict::kOk) break;
  }
  EXPECT_EQ(done.outcome.verdict, Verdict::kThrottled) << done.words;
  EXPECT_TRUE(done.outcome.retryable);
  EXPECT_GT(done.outcome.retry_after_ns, 0);
  EXPECT_LE(done.outcome.retry_after_ns, 10 * kNsPerSecond);
  EXPECT_EQ(done.outcome.throttled_parts, 1u);
  EXPECT_GT(done.outcome.charge, 0);
  EXPECT_EQ(done.outcome.partition, 0);
  EXPECT_NE(done.words, "");
}

TEST_F(CosmosEmulatorTest, OperationsNameThePartitionTheyTouch) {
  options_.throttle = false;
  target_.set_throughput(30'000);
  target_.set_partition_key("id");
  Open();
  std::set<int> partitions;
  for (uint64_t index = 0; index < 100; ++index) {
    const KeptOutcome done = driver_.Run(*session_, Insert(index, 1));
    ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    partitions.insert(done.outcome.partition);
  }
  EXPECT_EQ(partitions, (std::set<int>{0, 1, 2, 3, 4}));
}

MilliRu ChargeOf(const std::vector<PartitionPart>& parts) {
  MilliRu charge = 0;
  for (const PartitionPart& part : parts) charge += part.charge;
  return charge;
}

TEST_F(CosmosEmulatorTest, EveryKindOfOperationTellsWhatEachPartitionHad) {
  options_.throttle = false;
  target_.set_throughput(12'000);  // two partitions
  target_.set_partition_key("id");
  Open();
  const KeptOutcome bulk = driver_.Run(*session_, Insert(0, 100));
  Operation read;
  read.kind = OperationKind::kRead;
  const KeptOutcome point = driver_.Run(*session_, read);
  Operation query;
  query.kind = OperationKind::kQuery;
  query.query = records_.schema().FindQuery("slowest_users");
  const Value parameters[] = {Value::Integer(0)};
  query.parameters = parameters;
  const KeptOutcome rows = driver_.Run(*session_, query);
  for (const KeptOutcome* done : {&bulk, &point, &rows}) {
    ASSERT_EQ(done->outcome.verdict, Verdict::kOk) << done->words;
    ASSERT_EQ(done->parts.size(), done == &point ? 1u : 2u);
    EXPECT_EQ(ChargeOf(done->parts), done->outcome.charge);
    EXPECT_GT(done->outcome.server_time_ns, 0);
    for (const PartitionPart& part : done->parts) {
      EXPECT_GE(part.requests, 1u);
      EXPECT_GT(part.charge, 0);
      EXPECT_GT(part.server_time_ns, 0);
      EXPECT_LE(part.server_time_ns, done->outcome.server_time_ns);
    }
  }
  EXPECT_NE(bulk.parts[0].partition, bulk.parts[1].partition);
  EXPECT_EQ(bulk.outcome.partition, -1);
  EXPECT_EQ(point.outcome.partition, point.parts[0].partition);
}

TEST_F(CosmosEmulatorTest, TellsTheLogicalPartitionsWhereItIsAsked) {
  options_.throttle = false;
  target_.set_partition_key("id");
  Open();
  EXPECT_TRUE(driver_.Run(*session_, Insert(500, 1)).keys.empty());
  Operation many = Insert(0, 50);
  many.tell_keys = true;
  applied_.Add(7);  // by an attempt before
  many.attempt = 2;
  const KeptOutcome bulk = driver_.Run(*session_, many);
  ASSERT_EQ(bulk.outcome.verdict, Verdict::kOk) << bulk.words;
  EXPECT_EQ(bulk.keys.size(), 49u);
  MilliRu charge = 0;
  for (const auto& [key, charges] : bulk.keys) charge += charges[0];
  EXPECT_NEAR(static_cast<double>(charge), static_cast<double>(bulk.outcome.charge), 50);
  Operation read;
  read.kind = OperationKind::kRead;
  read.first_record = 3;
  read.tell_keys = true;
  const KeptOutcome point = driver_.Run(*session_, read);
  ASSERT_EQ(point.keys.size(), 1u);
  EXPECT_EQ(point.keys.begin()->second, std::vector<MilliRu>{point.outcome.charge});
  EXPECT_TRUE(bulk.keys.contains(point.keys.begin()->first));
}

TEST_F(CosmosEmulatorTest, AThrottledPartOfABulkIsThePartitionsOwn) {
  target_.set_throughput(800);
  options_.throughput_per_partition = 400;  // two partitions
  Open();
  const KeptOutcome done = driver_.Run(*session_, Insert(0, 200));
  ASSERT_EQ(done.outcome.verdict, Verdict::kThrottled) << done.words;
  uint32_t throttled = 0;
  for (const PartitionPart& part : done.parts) {
    EXPECT_LE(part.throttled, part.requests);
    throttled += part.throttled;
    EXPECT_LT(part.refused_charge, part.charge);
    EXPECT_EQ(part.refused_charge > 0, part.throttled > 0);
  }
  EXPECT_EQ(throttled, done.outcome.throttled_parts);
  EXPECT_GE(throttled, 1u);
}

// The throughput is raised to four partitions' while bulk requests are sent: the one partition is
// split.
TEST_F(CosmosEmulatorTest, FollowsASplitWhileItDrives) {
  options_.throttle = false;
  options_.split_delay_ms = 300;
  options_.throughput_per_partition = 1'000;
  target_.set_throughput(1'000);
  target_.set_partition_key("id");
  Open();
  auto other = *MakeCosmosBackend(target_, records_);
  auto bystander = *other->OpenSession(driver_.loop(), driver_);  // reads the ranges now
  ASSERT_TRUE(backend_->ChangeThroughput(40'000).ok());
  uint64_t written = 0;
  int moved = 0;
  std::set<int> partitions;
  const int64_t end_ns = driver_.loop().Now() + 10 * kNsPerSecond;
  while (partitions.size() < 5 && driver_.loop().Now() < end_ns) {
    Operation many = Insert(written, 20);
    KeptOutcome done = driver_.Run(*session_, many);
    for (; done.outcome.moved; ++many.attempt, ++moved) done = driver_.Run(*session_, many);
    ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    ASSERT_EQ(applied_.count(), 20u);
    for (const PartitionPart& part : done.parts) partitions.insert(part.partition);
    written += 20;
  }
  EXPECT_GE(partitions.size(), 5u) << "the parent and its children";
  EXPECT_GE(moved, 1);
  EXPECT_EQ(backend_->ReadThroughput()->physical_partitions, 4u);
  ExpectStored(written);
  // Whoever did nothing meanwhile finds out by its next query.
  Operation query;
  query.kind = OperationKind::kQuery;
  query.query = records_.schema().FindQuery("slowest_users");
  const Value parameters[] = {Value::Integer(0)};
  query.parameters = parameters;
  EXPECT_TRUE(driver_.Run(*bystander, query).outcome.moved);
  const KeptOutcome rows = driver_.Run(*bystander, query);
  ASSERT_EQ(rows.outcome.verdict, Verdict::kOk) << rows.words;
  EXPECT_EQ(rows.parts.size(), 4u);
  EXPECT_EQ(rows.outcome.records, BruteForceRows(records_, 0, written, *query.query, parameters));
}

TEST_F(CosmosEmulatorTest, SmallPagesGiveTheSameAnswerForMore) {
  options_.throttle = false;
  target_.set_throughput(12'000);
  target_.set_partition_key("id");
  std::map<uint32_t, KeptOutcome> outcomes;
  const QuerySpec& query = *records_.schema().FindQuery("slowest_users");
  const Value parameters[] = {Value::Integer(0)};
  for (const uint32_t page_size : {1'000u, 7u}) {
    target_.set_page_size(page_size);
    Open();
    ASSERT_EQ(driver_.Run(*session_, Insert(0, 300)).outcome.verdict, Verdict::kOk);
    Operation operation;
    operation.kind = OperationKind::kQuery;
    operation.query = &query;
    operation.parameters = parameters;
    outcomes[page_size] = driver_.Run(*session_, operation);
  }
  for (const auto& [page_size, done] : outcomes) {
    EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    EXPECT_EQ(done.outcome.records, BruteForceRows(records_, 0, 300, query, parameters));
  }
  EXPECT_GT(outcomes[7].outcome.charge, outcomes[1'000].outcome.charge);
}

// The server ends while sessions write; everything completes, nothing is counted twice or lost.
TEST_F(CosmosEmulatorTest, AServerThatStopsMidRunLeavesNoOperationBehind) {
  options_.throttle = false;
  Open();
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 8; ++i) {
    sessions.push_back(*backend_->OpenSession(driver_.loop(), driver_));
  }
  uint64_t next = 0;
  const auto start_all = [&] {
    for (const auto& session : sessions) {
      if (session->Capacity() > 0) driver_.Start(*session, Insert(next++, 1));
    }
  };
  for (int round = 0; round < 20; ++round) {
    start_all();
    ASSERT_TRUE(driver_.RunUntilCompleted(next));
  }
  start_all();
  emulator_->Stop();
  ASSERT_TRUE(driver_.RunUntilCompleted(next));
  start_all();
  ASSERT_TRUE(driver_.RunUntilCompleted(next));
  std::map<Verdict, int> verdicts;
  for (Ticket ticket = 1; ticket <= next; ++ticket) {
    ASSERT_EQ(driver_.CompletionsOf(ticket), 1);
    ++verdicts[driver_.OutcomeOf(ticket).outcome.verdict];
  }
  EXPECT_GE(verdicts[Verdict::kOk], 160);
  EXPECT_EQ(verdicts[Verdict::kOk] + verdicts[Verdict::kInDoubt] + verdicts[Verdict::kFailed],
            static_cast<int>(next));
  ASSERT_TRUE(driver_.RunUntil([&] {
    return std::all_of(sessions.begin(), sessions.end(),
                       [](const auto& session) { return session->Capacity() == 0; });
  }));
  emulator_.reset();
  StartEmulator();
  ASSERT_TRUE(driver_.RunUntil([&] { return driver_.ready().size() >= sessions.size(); }));
}

}  // namespace
}  // namespace weir::cosmos
