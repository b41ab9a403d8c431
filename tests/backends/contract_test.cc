// What every backend promises (backends/api/backend.h), run on each database of
// contract_targets.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "backends/api/record_digest.h"
#include "tests/backends/contract_targets.h"
#include "tests/support/brute_force.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

using ::testing::AnyOf;

// Databases stay up from test to test and are taken down before the program ends.
class OpenTargets final : public ::testing::Environment {
 public:
  static ContractTarget& Get(const ContractEntry& entry) {
    std::unique_ptr<ContractTarget>& target = Targets()[entry.name];
    if (target == nullptr) target = entry.open();
    return *target;
  }
  void TearDown() override { Targets().clear(); }

 private:
  static std::map<std::string, std::unique_ptr<ContractTarget>>& Targets() {
    static std::map<std::string, std::unique_ptr<ContractTarget>> targets;
    return targets;
  }
};

[[maybe_unused]] const auto* const kOpenTargets =
    ::testing::AddGlobalTestEnvironment(new OpenTargets);

class Contract : public ::testing::TestWithParam<ContractEntry> {
 protected:
  void SetUp() override {
    target_ = &OpenTargets::Get(GetParam());
    auto backend = target_->MakeBackend(records_);
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    const absl::Status set_up = backend_->SetUp(true);
    ASSERT_TRUE(set_up.ok()) << set_up;
    session_ = Open();
    ASSERT_NE(session_, nullptr);
  }

  std::unique_ptr<Session> Open() {
    auto session = backend_->OpenSession(driver_.loop(), driver_);
    EXPECT_TRUE(session.ok()) << session.status();
    return session.ok() ? *std::move(session) : nullptr;
  }

  Operation On(OperationKind kind, uint64_t first, uint32_t records = 1, uint64_t revision = 0) {
    Operation operation;
    operation.kind = kind;
    operation.first_record = first;
    operation.records = records;
    operation.revision = revision;
    if (records > 1) {
      applied_.Reset(records);
      operation.applied = &applied_;
    }
    return operation;
  }

  KeptOutcome Run(const Operation& operation) { return driver_.Run(*session_, operation); }
  KeptOutcome Run(OperationKind kind, uint64_t first, uint32_t records = 1, uint64_t revision = 0) {
    return Run(On(kind, first, records, revision));
  }

  void Load(uint64_t first, uint32_t records) {
    const KeptOutcome done = Run(OperationKind::kInsert, first, records);
    ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    ASSERT_EQ(done.outcome.records, records);
  }

  RecordDigest Expected(uint64_t first, uint64_t count, uint64_t revision = 0) const {
    RecordDigest digest;
    Record record;
    for (uint64_t index = first; index < first + count; ++index) {
      records_.Make(index, revision, &record);
      digest.Add(records_.schema(), record);
    }
    return digest;
  }

  RecordDigest Stored() {
    RecordDigest digest;
    const absl::Status scanned =
        backend_->Scan([&](const Record& record) { digest.Add(records_.schema(), record); });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return digest;
  }

  void ExpectStored(const RecordDigest& expected) {
    const RecordDigest stored = Stored();
    EXPECT_EQ(stored.count(), expected.count());
    EXPECT_EQ(stored.ToString(), expected.ToString());
  }

  // Two records far apart and the values of their fields, as parameters.
  void ExpectQueryMatches(const QuerySpec& query, uint64_t loaded, uint64_t near, uint64_t far);

  const SampleRecords records_;
  ContractTarget* target_ = nullptr;
  SessionDriver driver_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Session> session_;  // goes before the backend and the driver
  AppliedRecords applied_;
};

#define SKIP_WITHOUT_RECORDS() \
  if (!target_->KeepsRecords()) GTEST_SKIP() << "keeps no records"

// ------------------------------------------------------------------------------------- set-up

TEST_P(Contract, SetUpIsIdempotentAndCreateEmpties) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 3);
  ASSERT_TRUE(backend_->SetUp(false).ok());
  ExpectStored(Expected(0, 3));
  ASSERT_TRUE(backend_->SetUp(true).ok());
  ExpectStored(RecordDigest());
  Load(0, 3);
  ExpectStored(Expected(0, 3));
}

TEST_P(Contract, SetUpWithoutCreateMakesWhatIsMissing) {
  SKIP_WITHOUT_RECORDS();
  if (!target_->CanDropTable()) GTEST_SKIP() << "cannot drop the table from outside";
  target_->DropTable();
  ASSERT_TRUE(backend_->SetUp(false).ok());
  ExpectStored(RecordDigest());
}

TEST_P(Contract, DisclosesItself) {
  const auto disclosure = backend_->Disclose();
  ASSERT_TRUE(disclosure.ok()) << disclosure.status();
  EXPECT_FALSE(disclosure->facts.empty());
  for (const DisclosedFact& fact : disclosure->facts) {
    EXPECT_FALSE(fact.group.empty());
    EXPECT_FALSE(fact.name.empty());
  }
}

TEST_P(Contract, SettlesAfterALoad) {
  if (target_->KeepsRecords()) Load(0, 50);
  const absl::Status settled = backend_->Settle().status();
  EXPECT_TRUE(settled.ok()) << settled;
}

TEST_P(Contract, TellsHowMuchItStoresOrThatItDoesNot) {
  if (target_->KeepsRecords()) Load(0, 200);
  const auto bytes = backend_->StoredBytes();
  if (!bytes.ok()) {
    EXPECT_EQ(bytes.status().code(), absl::StatusCode::kUnimplemented) << bytes.status();
    return;
  }
  EXPECT_GT(*bytes, 200u * 20);  // a record takes more than 20 bytes, and less than 100 KB
  EXPECT_LT(*bytes, 200u * 100'000);
}

TEST_P(Contract, CanBeObservedWhileItIsDriven) {
  auto observer = backend_->Observe();
  ASSERT_TRUE(observer.ok()) << observer.status();
  if (*observer == nullptr) GTEST_SKIP() << "nothing to be seen";
  (*observer)->Begin(0);
  Load(0, 20);
  (*observer)->Sample(1);
  const ObservedFacts facts = (*observer)->Conclude();
  EXPECT_FALSE(facts.counters.empty());
  for (const ObservedCount& counter : facts.counters) {
    EXPECT_FALSE(counter.group.empty());
    EXPECT_FALSE(counter.name.empty());
    EXPECT_GE(counter.value, 0) << counter.group << "." << counter.name;
  }
  for (const std::string& gap : facts.gaps) EXPECT_FALSE(gap.empty());
}

TEST_P(Contract, SaysWhereItsServerIs) {
  const ServerLocation location = backend_->Location();
  EXPECT_EQ(location.host.empty(), location.port == 0);
  EXPECT_NE(location.process, 1);
  EXPECT_GE(location.process, 0);
}

// ------------------------------------------------------------------------------------- writes

TEST_P(Contract, InsertsOneByOneAndReadsBackEveryFieldType) {
  SKIP_WITHOUT_RECORDS();
  for (uint64_t index = 0; index < 30; ++index) Load(index, 1);
  ExpectStored(Expected(0, 30));
}

TEST_P(Contract, InsertsBatchesOfAnySize) {
  SKIP_WITHOUT_RECORDS();
  uint64_t next = 0;
  for (const uint32_t records : {1u, 7u, 500u, 2u, 7u, 500u}) {
    Load(next, records);
    next += records;
  }
  ExpectStored(Expected(0, next));
}

TEST_P(Contract, CountsPayloadBytesOfWrites) {
  SKIP_WITHOUT_RECORDS();
  const KeptOutcome one = Run(OperationKind::kInsert, 100);
  const KeptOutcome many = Run(OperationKind::kInsert, 200, 50);
  EXPECT_GT(one.outcome.bytes_sent, 50u);
  EXPECT_GT(many.outcome.bytes_sent, 30 * 50u);
}

TEST_P(Contract, DuplicateInsertIsAConflictWithWords) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 10);
  const KeptOutcome again = Run(OperationKind::kInsert, 4);
  EXPECT_EQ(again.outcome.verdict, Verdict::kConflict);
  EXPECT_FALSE(again.outcome.retryable);
  EXPECT_NE(again.words, "");
  EXPECT_EQ(Run(OperationKind::kInsert, 0, 10).outcome.verdict, Verdict::kConflict);
  ExpectStored(Expected(0, 10));
}

TEST_P(Contract, RetriedInsertTakesEffectOnce) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 1);
  Load(1, 200);
  for (const auto& [first, records] : {std::pair{0u, 1u}, std::pair{1u, 200u}}) {
    Operation retry = On(OperationKind::kInsert, first, records);
    retry.attempt = 2;
    const KeptOutcome known = Run(retry);
    EXPECT_NE(known.outcome.verdict, Verdict::kOk) << "the attempt before had certainly no effect";
    retry.in_doubt = true;
    const KeptOutcome done = Run(retry);
    EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    EXPECT_EQ(done.outcome.records, records);
  }
  ExpectStored(Expected(0, 201));
}

TEST_P(Contract, ReplaceOverwrites) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 30);
  for (uint64_t index = 0; index < 30; ++index) {
    const KeptOutcome done = Run(OperationKind::kReplace, index, 1, 3);
    ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    EXPECT_EQ(done.outcome.records, 1u);
  }
  EXPECT_NE(Expected(0, 30, 3), Expected(0, 30));
  ExpectStored(Expected(0, 30, 3));
}

TEST_P(Contract, UpsertWritesWhetherItIsThereOrNot) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 20);
  EXPECT_EQ(Run(OperationKind::kUpsert, 7, 1, 2).outcome.verdict, Verdict::kOk);
  EXPECT_EQ(Run(OperationKind::kUpsert, 20, 1, 2).outcome.verdict, Verdict::kOk);
  const KeptOutcome batch = Run(OperationKind::kUpsert, 0, 40, 5);
  EXPECT_EQ(batch.outcome.verdict, Verdict::kOk) << batch.words;
  EXPECT_EQ(batch.outcome.records, 40u);
  ExpectStored(Expected(0, 40, 5));
}

TEST_P(Contract, DeleteRemoves) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 20);
  EXPECT_EQ(Run(OperationKind::kDelete, 19).outcome.verdict, Verdict::kOk);
  EXPECT_EQ(Run(OperationKind::kRead, 19).outcome.verdict, Verdict::kNotFound);
  ExpectStored(Expected(0, 19));
}

// -------------------------------------------------------------------------------------- reads

TEST_P(Contract, ReadsOneRecord) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 30);
  for (uint64_t index = 0; index < 30; ++index) {
    const KeptOutcome done = Run(OperationKind::kRead, index);
    ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    EXPECT_EQ(done.outcome.records, 1u);
    EXPECT_GT(done.outcome.bytes_received, 40u);
  }
}

TEST_P(Contract, MissingRecordIsNotFound) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 5);
  for (const OperationKind kind :
       {OperationKind::kRead, OperationKind::kReplace, OperationKind::kDelete}) {
    const KeptOutcome done = Run(kind, 99);
    EXPECT_EQ(done.outcome.verdict, Verdict::kNotFound) << done.words;
    EXPECT_EQ(done.outcome.records, 0u);
  }
}

void Contract::ExpectQueryMatches(const QuerySpec& query, uint64_t loaded, uint64_t near,
                                  uint64_t far) {
  Record records[2];
  records_.Make(near, 0, &records[0]);
  records_.Make(far, 0, &records[1]);
  Value parameters[Record::kMaxFields];
  std::set<int> seen;
  for (const Condition& condition : query.where) {
    const bool second = !seen.insert(condition.field).second;
    parameters[condition.parameter] = records[second ? 1 : 0][condition.field];
  }
  Operation operation = On(OperationKind::kQuery, 0);
  operation.query = &query;
  operation.parameters = absl::MakeConstSpan(parameters, query.parameters.size());
  const KeptOutcome done = Run(operation);
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << query.name << ": " << done.words;
  EXPECT_EQ(done.outcome.records, BruteForceRows(records_, 0, loaded, query, operation.parameters))
      << query.name << " near record " << near;
}

TEST_P(Contract, QueriesAnswerWhatBruteForceAnswers) {
  SKIP_WITHOUT_RECORDS();
  constexpr uint32_t kLoaded = 600;
  Load(0, kLoaded);
  for (const QuerySpec& query : records_.schema().queries) {
    if (!target_->Answers(query)) continue;
    for (const uint64_t near : {0u, 1u, 17u, 200u, 311u, 599u}) {
      ExpectQueryMatches(query, kLoaded, near, near + 45);
    }
  }
}

// ----------------------------------------------------------------------------------- sessions

TEST_P(Contract, EveryTicketCompletesExactlyOnceWithinCapacity) {
  std::vector<Ticket> tickets;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 40 && session_->Capacity() > 0; ++i) {
      const int capacity = session_->Capacity();
      tickets.push_back(driver_.Start(*session_, On(OperationKind::kInsert, round * 100 + i)));
      const bool answered = driver_.CompletionsOf(tickets.back()) == 1;
      EXPECT_TRUE(answered || session_->Capacity() == capacity - 1);
    }
    ASSERT_TRUE(driver_.RunUntilCompleted(tickets.size()));
  }
  EXPECT_GE(tickets.size(), 5u);
  EXPECT_EQ(driver_.completions(), tickets.size());
  for (const Ticket ticket : tickets) {
    EXPECT_EQ(driver_.CompletionsOf(ticket), 1);
    EXPECT_EQ(driver_.OutcomeOf(ticket).outcome.verdict, Verdict::kOk)
        << driver_.OutcomeOf(ticket).words;
  }
}

TEST_P(Contract, SessionsOnOneLoopDoNotMixTheirAnswers) {
  SKIP_WITHOUT_RECORDS();
  Load(0, 50);
  const auto second = Open();
  ASSERT_NE(second, nullptr);
  std::vector<Ticket> found;
  std::vector<Ticket> missing;
  for (uint64_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(
        driver_.RunUntil([&] { return session_->Capacity() > 0 && second->Capacity() > 0; }));
    found.push_back(driver_.Start(*session_, On(OperationKind::kRead, i)));
    missing.push_back(driver_.Start(*second, On(OperationKind::kRead, 1000 + i)));
  }
  ASSERT_TRUE(driver_.RunUntilCompleted(41));
  for (const Ticket ticket : found) {
    EXPECT_EQ(driver_.OutcomeOf(ticket).outcome.verdict, Verdict::kOk);
  }
  for (const Ticket ticket : missing) {
    EXPECT_EQ(driver_.OutcomeOf(ticket).outcome.verdict, Verdict::kNotFound);
  }
}

TEST_P(Contract, AbandonedOperationNeverCompletesAndOthersGoOn) {
  const Ticket abandoned = driver_.Start(*session_, On(OperationKind::kInsert, 0, 20));
  if (driver_.CompletionsOf(abandoned) == 1) GTEST_SKIP() << "answers inside Start";
  session_->Abandon(abandoned);
  for (uint64_t i = 100; i < 110; ++i) {
    const KeptOutcome done = Run(OperationKind::kInsert, i);
    ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  }
  EXPECT_EQ(driver_.CompletionsOf(abandoned), 0);
  EXPECT_EQ(driver_.completions(), 10u);
}

// ------------------------------------------------------------------------------------- faults

TEST_P(Contract, DroppedTableFailsWithWordsAndComesBack) {
  if (!target_->CanDropTable()) GTEST_SKIP() << "cannot drop the table from outside";
  Load(0, 5);
  target_->DropTable();
  for (const Operation& operation : {On(OperationKind::kInsert, 50), On(OperationKind::kRead, 1),
                                     On(OperationKind::kInsert, 60, 5)}) {
    const KeptOutcome done = Run(operation);
    EXPECT_THAT(done.outcome.verdict, AnyOf(Verdict::kFailed, Verdict::kNotFound));
    EXPECT_NE(done.words, "");
    EXPECT_NE(done.words, "no completion");
  }
  EXPECT_EQ(backend_->Scan([](const Record&) {}).code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(backend_->SetUp(true).ok());
  Load(0, 5);
  Load(5, 1);
  EXPECT_EQ(Run(OperationKind::kRead, 3).outcome.verdict, Verdict::kOk);
}

TEST_P(Contract, KilledServerLeavesOperationsInDoubtAndTheSessionComesBack) {
  if (!target_->HasServer()) GTEST_SKIP() << "has no server";
  Load(0, 5);
  target_->KillServer();
  const size_t before = driver_.completions();
  if (session_->Capacity() > 0) driver_.Start(*session_, On(OperationKind::kInsert, 50));
  ASSERT_TRUE(driver_.RunUntil([&] { return session_->Capacity() == 0; }));
  ASSERT_TRUE(driver_.RunUntil([&] { return driver_.completions() == before + 1; }));
  const KeptOutcome lost = driver_.OutcomeOf(static_cast<Ticket>(driver_.completions()));
  EXPECT_THAT(lost.outcome.verdict, AnyOf(Verdict::kInDoubt, Verdict::kFailed));
  EXPECT_NE(lost.words, "");
  EXPECT_EQ(backend_->SetUp(false).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(backend_->OpenSession(driver_.loop(), driver_).status().code(),
            absl::StatusCode::kUnavailable);
  target_->StartServer();
  ASSERT_TRUE(driver_.RunUntil([&] { return !driver_.ready().empty(); }));
  EXPECT_EQ(driver_.ready().front(), session_.get());
  EXPECT_GT(session_->Capacity(), 0);
  ASSERT_TRUE(backend_->SetUp(true).ok());
  Load(200, 3);
}

INSTANTIATE_TEST_SUITE_P(Backends, Contract, ::testing::ValuesIn(ContractEntries()),
                         [](const ::testing::TestParamInfo<ContractEntry>& entry) {
                           return entry.param.name;
                         });

}  // namespace
}  // namespace weir
