#include "backends/postgres/postgres_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "absl/strings/numbers.h"

#include "backends/postgres/local_server.h"
#include "backends/postgres/timed_connection.h"
#include "base/clock.h"
#include "tests/backends/postgres/postgres_server.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class PostgresObserver : public ::testing::Test {
 protected:
  PostgresObserver() {
    auto backend = MakePostgresBackend(target_, records_);
    backend_ = *std::move(backend);
    EXPECT_TRUE(backend_->SetUp(true).ok());
  }

  std::unique_ptr<Observer> Observe() {
    auto observer = backend_->Observe();
    EXPECT_TRUE(observer.ok()) << observer.status();
    return *std::move(observer);
  }

  Operation Insert(uint64_t first, uint32_t records) {
    Operation insert;
    insert.kind = OperationKind::kInsert;
    insert.first_record = first;
    insert.records = records;
    return insert;
  }

  double Counter(const ObservedFacts& facts, const std::string& group, const std::string& name) {
    for (const ObservedCount& count : facts.counters) {
      if (count.group == group && count.name == name) return count.value;
    }
    ADD_FAILURE() << "no counter " << group << "." << name;
    return 0;
  }

  // Until it is counted, which the server does just after it says that it is done.
  void Checkpoint() {
    const std::string counted = "SELECT checkpoints_req FROM pg_stat_bgwriter";
    const std::string before = sql_(counted);
    sql_("CHECKPOINT");
    while (sql_(counted) == before) {
    }
  }

  // Sessions send what they counted to the server's statistics at their end, at the latest.
  void InsertAndClose(uint64_t first, uint32_t records) {
    SessionDriver driver;
    const auto session = backend_->OpenSession(driver.loop(), driver);
    ASSERT_TRUE(session.ok()) << session.status();
    ASSERT_EQ(driver.Run(**session, Insert(first, records)).outcome.verdict, Verdict::kOk);
  }

  const SampleRecords records_;
  v1::PostgresTarget target_ = ServerTarget();
  std::unique_ptr<Backend> backend_;
  Sql sql_;
};

TEST_F(PostgresObserver, TellsHowFarTheServersCountersWentUp) {
  const auto observer = Observe();
  observer->Begin(0);
  InsertAndClose(0, 500);
  Checkpoint();
  // The session's last words to the statistics come when its process ends.
  while (sql_("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'weir'") != "0") {
  }
  const ObservedFacts facts = observer->Conclude();
  EXPECT_GT(Counter(facts, "pg_stat_wal", "wal_bytes"), 500 * 50);
  EXPECT_GE(Counter(facts, "pg_stat_wal", "wal_records"), 500);
  EXPECT_GE(Counter(facts, "pg_stat_database", "xact_commit"), 1);
  EXPECT_GE(Counter(facts, "pg_stat_database", "tup_inserted"), 500);
  EXPECT_EQ(Counter(facts, "pg_stat_database", "deadlocks"), 0);
  EXPECT_EQ(Counter(facts, "pg_stat_bgwriter", "checkpoints_req"), 1);
}

TEST_F(PostgresObserver, SeesACheckpointInTheSecondInWhichItCame) {
  const auto observer = Observe();
  observer->Begin(10);
  observer->Sample(11);
  Checkpoint();
  observer->Sample(12);
  observer->Sample(13);
  const ObservedFacts facts = observer->Conclude();
  std::vector<std::string> seen;
  for (const ObservedEvent& event : facts.events) {
    EXPECT_EQ(event.second, 12u) << event.what;
    seen.push_back(event.what);
  }
  EXPECT_THAT(seen, Contains("checkpoint (requested)"));
  EXPECT_THAT(seen, Contains("checkpoint completed"));
}

TEST_F(PostgresObserver, SaysWhenAPhaseOfWritesWasTooShortForTwoCheckpoints) {
  for (const int checkpoints : {0, 1, 2}) {
    const auto observer = Observe();
    observer->Begin(0);
    sql_("CREATE TABLE bulk AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 3000)");
    sql_("DROP TABLE bulk");
    sql_("SELECT pg_stat_force_next_flush()");  // what this session wrote counts now
    for (int i = 0; i < checkpoints; ++i) {
      Checkpoint();
      observer->Sample(1);
    }
    const auto told = Contains(HasSubstr(absl::StrCat("completed in the phase: ", checkpoints)));
    const ObservedFacts facts = observer->Conclude();
    if (checkpoints < 2) {
      EXPECT_THAT(facts.gaps, told);
    } else {
      EXPECT_THAT(facts.gaps, Not(told));
    }
  }
}

TEST_F(PostgresObserver, SeesThatTheTableWasVacuumedAndAnalyzed) {
  const auto observer = Observe();
  observer->Begin(0);
  sql_("VACUUM (ANALYZE) weir_records");
  observer->Sample(1);
  const ObservedFacts facts = observer->Conclude();
  EXPECT_THAT(facts.events, Contains(Field(&ObservedEvent::what, "vacuum of weir_records")));
  EXPECT_THAT(facts.events, Contains(Field(&ObservedEvent::what, "analyze of weir_records")));
}

TEST_F(PostgresObserver, NamesWhatOurSessionsWaitForAndOnlyOurs) {
  InsertAndClose(0, 1);
  SessionDriver driver;
  const auto session = backend_->OpenSession(driver.loop(), driver);
  ASSERT_TRUE(session.ok()) << session.status();
  const auto observer = Observe();
  observer->Begin(0);
  sql_("BEGIN");
  sql_("LOCK TABLE weir_records IN ACCESS EXCLUSIVE MODE");
  const Ticket blocked = driver.Start(**session, Insert(1, 1));
  Sql watcher;
  while (watcher("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'weir' AND "
                 "wait_event_type = 'Lock'") != "1") {
    driver.RunUntil([] { return true; });
  }
  observer->Sample(1);
  observer->Sample(2);
  sql_("ROLLBACK");
  EXPECT_TRUE(driver.RunUntilCompleted(blocked));
  const ObservedFacts facts = observer->Conclude();
  EXPECT_EQ(facts.wait_samples, 2u);
  ASSERT_EQ(facts.waits.size(), 1u);
  EXPECT_EQ(facts.waits[0].name, "Lock/relation");
  EXPECT_EQ(facts.waits[0].value, 2);
}

TEST_F(PostgresObserver, WhatTheRoleMayNotSeeIsAGapAndNoError) {
  sql_("DROP ROLE IF EXISTS onlooker");
  sql_(absl::StrCat("CREATE ROLE onlooker LOGIN PASSWORD '", kServerPassword, "'"));
  sql_("REVOKE EXECUTE ON FUNCTION pg_control_checkpoint() FROM public");
  sql_("GRANT ALL ON weir_records TO onlooker");
  target_.set_user("onlooker");
  const auto backend = *MakePostgresBackend(target_, records_);
  const auto observer = backend->Observe();
  ASSERT_TRUE(observer.ok()) << observer.status();
  (*observer)->Begin(0);
  (*observer)->Sample(1);
  const ObservedFacts facts = (*observer)->Conclude();
  sql_("GRANT EXECUTE ON FUNCTION pg_control_checkpoint() TO public");
  EXPECT_THAT(facts.gaps, Contains(AllOf(StartsWith("pg_control_checkpoint: "),
                                         HasSubstr("permission denied"))));
  EXPECT_THAT(facts.counters, Not(IsEmpty()));
}

TEST_F(PostgresObserver, AServerThatGoesAwayIsAGapAndTheRestIsKept) {
  const auto observer = Observe();
  observer->Begin(0);
  sql_("CHECKPOINT");
  observer->Sample(1);
  Server().Kill();
  observer->Sample(2);
  observer->Sample(3);
  const ObservedFacts facts = observer->Conclude();
  Server().Start();
  EXPECT_THAT(facts.gaps, Contains(HasSubstr("2 of 3 samples failed")));
  EXPECT_THAT(facts.gaps, Contains(StartsWith("pg_stat_wal: ")));
  EXPECT_THAT(facts.events, Contains(Field(&ObservedEvent::what, "checkpoint completed")));
}

TEST_F(PostgresObserver, AServerThatDoesNotAnswerHoldsNobodyUp) {
  ConnectionOptions options = *MakeConnectionOptions(target_);
  TimedConnection connection(std::move(options), {});
  connection.Allow(5 * kNsPerSecond);
  ASSERT_TRUE(connection.Open().ok());
  connection.Allow(20 * kNsPerMs);
  const absl::Status status = connection.Ask("SELECT pg_sleep(600)").status();
  EXPECT_EQ(status, absl::UnavailableError("no answer in time"));
  EXPECT_FALSE(connection.is_open());
  connection.Allow(5 * kNsPerSecond);
  EXPECT_TRUE(connection.Ask("SELECT 1").ok()) << "opens itself anew";
}

TEST_F(PostgresObserver, SettlingCheckpointsOrSaysThatTheRoleMayNot) {
  sql_("DROP ROLE IF EXISTS caretaker");
  sql_(absl::StrCat("CREATE ROLE caretaker LOGIN PASSWORD '", kServerPassword, "'"));
  const auto observer = Observe();
  observer->Begin(0);
  EXPECT_THAT(*backend_->Settle(), IsEmpty());
  observer->Sample(1);
  EXPECT_THAT(observer->Conclude().events,
              Contains(Field(&ObservedEvent::what, "checkpoint completed")));
  target_.set_user("caretaker");
  const auto left_out = (*MakePostgresBackend(target_, records_))->Settle();
  ASSERT_TRUE(left_out.ok()) << left_out.status();
  EXPECT_THAT(*left_out, Contains(HasSubstr("role caretaker may not")));
}

TEST_F(PostgresObserver, TheServersMainProcessIsFound) {
  const ServerLocation location = backend_->Location();
  EXPECT_EQ(location.host, "127.0.0.1");
  EXPECT_EQ(location.port, Server().port());
  int64_t parent = 0;
  const std::string first_line =
      sql_("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");
  ASSERT_TRUE(absl::SimpleAtoi(first_line, &parent));
  EXPECT_EQ(location.process, parent);
  EXPECT_EQ(PostmasterOf(getpid()), 0);
}

}  // namespace
}  // namespace weir
