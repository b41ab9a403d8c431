// What the contract suite cannot bring about: locks, terminated connections, abandoned operations
// among others, statements of many rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends/api/record_digest.h"
#include "base/clock.h"
#include "base/random.h"
#include "tests/backends/postgres/postgres_server.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

class PostgresSession : public ::testing::Test {
 protected:
  void Open(const v1::PostgresTarget& target) {
    auto backend = MakePostgresBackend(target, records_);
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    const absl::Status set_up = backend_->SetUp(true);
    ASSERT_TRUE(set_up.ok()) << set_up;
    auto session = backend_->OpenSession(driver_.loop(), driver_);
    ASSERT_TRUE(session.ok()) << session.status();
    session_ = *std::move(session);
  }
  void OpenPipelined(int depth) {
    v1::PostgresTarget target = ServerTarget();
    target.set_pipeline_depth(depth);
    Open(target);
  }

  static Operation On(OperationKind kind, uint64_t first, uint32_t records = 1) {
    Operation operation;
    operation.kind = kind;
    operation.first_record = first;
    operation.records = records;
    return operation;
  }
  Ticket Start(OperationKind kind, uint64_t first, uint32_t records = 1) {
    return driver_.Start(*session_, On(kind, first, records));
  }
  KeptOutcome Run(OperationKind kind, uint64_t first, uint32_t records = 1) {
    return driver_.Run(*session_, On(kind, first, records));
  }
  Verdict VerdictOf(Ticket ticket) const { return driver_.OutcomeOf(ticket).outcome.verdict; }

  void ExpectStored(uint64_t count) {
    RecordDigest expected;
    RecordDigest stored;
    Record record;
    for (uint64_t index = 0; index < count; ++index) {
      records_.Make(index, 0, &record);
      expected.Add(records_.schema(), record);
    }
    const absl::Status scanned =
        backend_->Scan([&](const Record& each) { stored.Add(records_.schema(), each); });
    EXPECT_TRUE(scanned.ok()) << scanned;
    EXPECT_EQ(stored.count(), expected.count());
    EXPECT_EQ(stored, expected);
  }

  // The server's processes that serve weir's sessions.
  static std::string Processes(Sql& sql) {
    return sql(
        "SELECT string_agg(pid::text, ',') FROM pg_stat_activity "
        "WHERE application_name = 'weir'");
  }
  static void Terminate(Sql& sql) {
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weir'");
  }
  // Until the server shows a session that waits for a lock.
  void AwaitLockWait(Sql& sql) {
    ASSERT_TRUE(driver_.RunUntil([&] {
      return sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'weir' "
                 "AND wait_event_type = 'Lock'") == "1";
    }));
  }

  const SampleRecords records_;
  SessionDriver driver_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Session> session_;
};

TEST_F(PostgresSession, InsertsMoreRowsThanOneStatementHasParametersFor) {
  v1::PostgresTarget target = ServerTarget();
  target.set_batch_insert(v1::BATCH_INSERT_MULTI_ROW);
  Open(target);
  constexpr uint32_t kRecords = 9000;  // × 8 fields > 65,535
  const KeptOutcome done = Run(OperationKind::kInsert, 0, kRecords);
  ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_EQ(done.outcome.records, kRecords);
  ExpectStored(kRecords);
  EXPECT_EQ(Run(OperationKind::kUpsert, 0, kRecords).outcome.records, kRecords);
  ExpectStored(kRecords);
}

TEST_F(PostgresSession, LargeBatchIsAllOrNothing) {
  for (const auto batch_insert : {v1::BATCH_INSERT_COPY, v1::BATCH_INSERT_MULTI_ROW}) {
    v1::PostgresTarget target = ServerTarget();
    target.set_batch_insert(batch_insert);
    session_.reset();
    Open(target);
    ASSERT_EQ(Run(OperationKind::kInsert, 0).outcome.verdict, Verdict::kOk);
    ASSERT_EQ(Run(OperationKind::kInsert, 8999).outcome.verdict, Verdict::kOk);
    EXPECT_EQ(Run(OperationKind::kInsert, 1, 8999).outcome.verdict, Verdict::kConflict);
    EXPECT_EQ(Run(OperationKind::kRead, 5).outcome.verdict, Verdict::kNotFound);
  }
}

TEST_F(PostgresSession, CopiesMoreThanTheSocketHolds) {
  OpenPipelined(1);
  constexpr uint32_t kRecords = 60'000;
  const KeptOutcome done = Run(OperationKind::kInsert, 0, kRecords);
  ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_EQ(done.outcome.records, kRecords);
  EXPECT_GT(done.outcome.bytes_sent, 6'000'000u);
  ExpectStored(kRecords);
}

TEST_F(PostgresSession, OperationsInAPipelineFailByThemselves) {
  OpenPipelined(8);
  ASSERT_EQ(Run(OperationKind::kInsert, 1).outcome.verdict, Verdict::kOk);
  std::vector<Ticket> tickets;
  for (const uint64_t record : {0u, 1u, 2u, 1u, 3u}) {
    tickets.push_back(Start(OperationKind::kInsert, record));
  }
  EXPECT_EQ(session_->Capacity(), 3);
  ASSERT_TRUE(driver_.RunUntilCompleted(6));
  const std::vector<Verdict> expected = {Verdict::kOk, Verdict::kConflict, Verdict::kOk,
                                         Verdict::kConflict, Verdict::kOk};
  for (size_t i = 0; i < tickets.size(); ++i) EXPECT_EQ(VerdictOf(tickets[i]), expected[i]) << i;
  ExpectStored(4);
}

TEST_F(PostgresSession, CopyGoesBehindWhatIsInThePipeline) {
  OpenPipelined(8);
  std::vector<Ticket> tickets;
  for (uint64_t i = 0; i < 4; ++i) tickets.push_back(Start(OperationKind::kInsert, i));
  tickets.push_back(Start(OperationKind::kInsert, 4, 100));
  EXPECT_EQ(session_->Capacity(), 3) << "it was written to its end";
  ASSERT_TRUE(driver_.RunUntilCompleted(5));
  EXPECT_EQ(session_->Capacity(), 8);
  for (const Ticket ticket : tickets) EXPECT_EQ(VerdictOf(ticket), Verdict::kOk);
  ExpectStored(104);
}

TEST_F(PostgresSession, AnswerOfAnAbandonedOperationIsNotTakenForTheNext) {
  OpenPipelined(8);
  ASSERT_EQ(Run(OperationKind::kInsert, 0).outcome.verdict, Verdict::kOk);
  Sql sql;
  const std::string processes = Processes(sql);
  sql("BEGIN; LOCK TABLE weir_records IN ACCESS EXCLUSIVE MODE");
  const Ticket found = Start(OperationKind::kRead, 0);
  const Ticket abandoned = Start(OperationKind::kRead, 0);
  const Ticket missing = Start(OperationKind::kRead, 77);
  session_->Abandon(abandoned);
  sql("COMMIT");
  ASSERT_TRUE(driver_.RunUntil([&] { return driver_.CompletionsOf(missing) == 1; }));
  EXPECT_EQ(VerdictOf(found), Verdict::kOk);
  EXPECT_EQ(VerdictOf(missing), Verdict::kNotFound);
  EXPECT_EQ(driver_.CompletionsOf(abandoned), 0);
  EXPECT_EQ(Processes(sql), processes) << "the connection was good";
  EXPECT_EQ(session_->Capacity(), 8);
}

TEST_F(PostgresSession, ReplacesTheConnectionWhenAllOnItIsAbandoned) {
  OpenPipelined(2);
  ASSERT_EQ(Run(OperationKind::kInsert, 0).outcome.verdict, Verdict::kOk);
  Sql sql;
  const std::string processes = Processes(sql);
  sql("BEGIN; LOCK TABLE weir_records IN ACCESS EXCLUSIVE MODE");
  const Ticket first = Start(OperationKind::kRead, 0);
  const Ticket second = Start(OperationKind::kInsert, 1);
  AwaitLockWait(sql);
  session_->Abandon(first);
  EXPECT_TRUE(driver_.ready().empty());
  session_->Abandon(second);
  EXPECT_EQ(session_->Capacity(), 0);
  sql("COMMIT");
  ASSERT_TRUE(driver_.RunUntil([&] { return !driver_.ready().empty(); }));
  EXPECT_EQ(Run(OperationKind::kRead, 99).outcome.verdict, Verdict::kNotFound);
  EXPECT_EQ(driver_.CompletionsOf(first) + driver_.CompletionsOf(second), 0);
  EXPECT_NE(Processes(sql), processes);
}

TEST_F(PostgresSession, AbandonedCopyLeavesNothingBehind) {
  OpenPipelined(1);
  Sql sql;
  sql("BEGIN; LOCK TABLE weir_records IN ACCESS EXCLUSIVE MODE");
  const Ticket abandoned = Start(OperationKind::kInsert, 0, 1000);
  AwaitLockWait(sql);
  session_->Abandon(abandoned);
  sql("COMMIT");
  EXPECT_EQ(Run(OperationKind::kInsert, 0, 30).outcome.verdict, Verdict::kOk);
  EXPECT_EQ(driver_.CompletionsOf(abandoned), 0);
  ExpectStored(30);
}

TEST_F(PostgresSession, TerminatedConnectionLeavesAllInDoubtAndIsOpenedAgain) {
  OpenPipelined(4);
  Sql sql;
  sql("BEGIN; LOCK TABLE weir_records IN ACCESS EXCLUSIVE MODE");
  std::vector<Ticket> tickets;
  for (uint64_t i = 0; i < 3; ++i) tickets.push_back(Start(OperationKind::kInsert, i));
  tickets.push_back(Start(OperationKind::kInsert, 10, 5));  // a COPY behind the others
  AwaitLockWait(sql);
  Terminate(sql);
  ASSERT_TRUE(driver_.RunUntilCompleted(4));
  for (const Ticket ticket : tickets) {
    EXPECT_EQ(VerdictOf(ticket), Verdict::kInDoubt);
    EXPECT_TRUE(driver_.OutcomeOf(ticket).outcome.retryable);
    EXPECT_NE(driver_.OutcomeOf(ticket).words, "");
  }
  EXPECT_EQ(session_->Capacity(), 0);
  sql("COMMIT");
  ASSERT_TRUE(driver_.RunUntil([&] { return !driver_.ready().empty(); }));
  EXPECT_EQ(session_->Capacity(), 4);
}

TEST_F(PostgresSession, RetriedInsertsTakeEffectOnceHoweverOftenTheConnectionIsLost) {
  for (const auto batch_insert : {v1::BATCH_INSERT_COPY, v1::BATCH_INSERT_MULTI_ROW}) {
    v1::PostgresTarget target = ServerTarget();
    target.set_batch_insert(batch_insert);
    session_.reset();
    Open(target);
    Sql sql;
    DrawStream draws(2026, batch_insert);
    uint64_t next = 0;
    for (int round = 0; round < 60; ++round) {
      const uint32_t records = round % 3 == 0 ? 1 : 300;
      ASSERT_TRUE(driver_.RunUntil([&] { return session_->Capacity() > 0; }));
      Operation insert = On(OperationKind::kInsert, next, records);
      const Ticket ticket = driver_.Start(*session_, insert);
      // Somewhere between before it is read and after it is committed.
      const int64_t until = MonotonicNs() + static_cast<int64_t>(draws.Below(3 * kNsPerMs));
      driver_.RunUntil([&] { return MonotonicNs() >= until; });
      Terminate(sql);
      ASSERT_TRUE(driver_.RunUntil([&] { return driver_.CompletionsOf(ticket) == 1; }));
      if (VerdictOf(ticket) != Verdict::kOk) {
        insert.attempt = 2;
        insert.in_doubt = VerdictOf(ticket) == Verdict::kInDoubt;
        KeptOutcome again = driver_.Run(*session_, insert);
        for (; again.outcome.retryable && insert.attempt < 20; ++insert.attempt) {
          insert.in_doubt |= again.outcome.verdict == Verdict::kInDoubt;
          again = driver_.Run(*session_, insert);
        }
        ASSERT_EQ(again.outcome.verdict, Verdict::kOk) << again.words;
      }
      next += records;
    }
    ExpectStored(next);
  }
}

}  // namespace
}  // namespace weir
