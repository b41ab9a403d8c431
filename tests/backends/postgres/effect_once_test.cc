// R50: the connection is cut after the server has committed and before its answer arrives. Sent
// again, the operation takes effect once, is no conflict, and nothing of it is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "backends/api/record_digest.h"
#include "tests/backends/postgres/postgres_server.h"
#include "tests/support/cuttable_proxy.h"
#include "tests/support/kills.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

// ReadyForQuery, outside a transaction: whatever was asked is done.
const std::string kDone("Z\0\0\0\5I", 6);

class EffectOnce : public ::testing::TestWithParam<std::tuple<v1::BatchInsert, uint32_t>> {
 protected:
  EffectOnce() : proxy_(static_cast<int>(ServerTarget().port())) {
    v1::PostgresTarget target = ServerTarget();
    target.set_host("127.0.0.1");
    target.set_port(static_cast<uint32_t>(proxy_.port()));
    target.set_batch_insert(std::get<0>(GetParam()));
    target.set_table("effect_once");
    target.set_tls(v1::TLS_MODE_DISABLE);  // the proxy looks for bytes
    auto backend = MakePostgresBackend(target, records_);
    EXPECT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    EXPECT_TRUE(backend_->SetUp(true).ok());
    auto session = backend_->OpenSession(driver_.loop(), driver_);
    EXPECT_TRUE(session.ok()) << session.status();
    session_ = *std::move(session);
    // So that no answer to the session's own beginning is taken for that to an insert.
    Operation read;
    EXPECT_EQ(Run(read).outcome.verdict, Verdict::kNotFound);
  }

  KeptOutcome Run(const Operation& operation) {
    EXPECT_TRUE(driver_.RunUntil([&] { return session_->Capacity() > 0; }));
    return driver_.Run(*session_, operation);
  }

  Operation Insert(uint64_t first) const {
    Operation insert;
    insert.kind = OperationKind::kInsert;
    insert.first_record = first;
    insert.records = std::get<1>(GetParam());
    return insert;
  }

  SampleRecords records_;
  CuttableProxy proxy_;
  SessionDriver driver_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Session> session_;
};

TEST_P(EffectOnce, WhenTheAnswerToACommittedInsertIsLost) {
  const int rounds = KillsWanted(60);
  uint64_t next = 0;
  for (int round = 0; round < rounds; ++round) {
    Operation insert = Insert(next);
    proxy_.CutAtAnswer(kDone);
    const KeptOutcome lost = Run(insert);
    ASSERT_EQ(lost.outcome.verdict, Verdict::kInDoubt) << "round " << round << ": " << lost.words;
    insert.attempt = 2;
    insert.in_doubt = true;
    const KeptOutcome again = Run(insert);
    ASSERT_EQ(again.outcome.verdict, Verdict::kOk) << again.words;
    ASSERT_EQ(again.outcome.records, insert.records);
    next += insert.records;
  }
  RecordDigest expected;
  Record record;
  for (uint64_t index = 0; index < next; ++index) {
    records_.Make(index, 0, &record);
    expected.Add(records_.schema(), record);
  }
  RecordDigest stored;
  ASSERT_TRUE(backend_->Scan([&](const Record& r) { stored.Add(records_.schema(), r); }).ok());
  EXPECT_EQ(stored, expected);
}

// Only doubt turns a conflict into success; and what somebody else wrote is one all the same.
TEST_P(EffectOnce, AConflictWithoutDoubtIsAConflict) {
  ASSERT_EQ(Run(Insert(0)).outcome.verdict, Verdict::kOk);
  Operation again = Insert(0);
  EXPECT_EQ(Run(again).outcome.verdict, Verdict::kConflict);
  again.attempt = 2;
  EXPECT_EQ(Run(again).outcome.verdict, Verdict::kConflict);
  if (again.records == 1) return;
  Operation overlapping = Insert(again.records - 1);
  overlapping.in_doubt = true;
  EXPECT_EQ(Run(overlapping).outcome.verdict, Verdict::kConflict);
}

INSTANTIATE_TEST_SUITE_P(Inserts, EffectOnce,
                         ::testing::Values(std::tuple{v1::BATCH_INSERT_COPY, 1u},
                                           std::tuple{v1::BATCH_INSERT_COPY, 40u},
                                           std::tuple{v1::BATCH_INSERT_MULTI_ROW, 40u}));

}  // namespace
}  // namespace weir
