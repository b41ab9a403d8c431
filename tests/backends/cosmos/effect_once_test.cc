// R50 on Cosmos DB: the answer to a create that was applied is lost with its connection. Sent
// again, it is done, and no conflict.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "backends/api/record_digest.h"
#include "backends/cosmos/cosmos_backend.h"
#include "backends/cosmos/emulator/emulator.h"
#include "base/clock.h"
#include "tests/support/cuttable_proxy.h"
#include "tests/support/kills.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

class CosmosEffectOnce : public ::testing::TestWithParam<uint32_t> {
 protected:
  CosmosEffectOnce() {
    setenv("WEIR_EFFECT_ONCE_KEY", std::string(cosmos::kWellKnownEmulatorKey).c_str(), 1);
    cosmos::EmulatorOptions options;
    options.throttle = false;
    auto emulator = cosmos::Emulator::Start(options);
    EXPECT_TRUE(emulator.ok()) << emulator.status();
    emulator_ = *std::move(emulator);
    proxy_ = std::make_unique<CuttableProxy>(emulator_->port());
    v1::CosmosTarget target;
    target.set_endpoint(absl::StrCat("http://127.0.0.1:", proxy_->port(), "/"));
    target.mutable_key()->set_env("WEIR_EFFECT_ONCE_KEY");
    target.set_database("weir");
    target.set_container("effect_once");
    target.set_throughput(400);
    target.set_page_size(100);
    target.set_minimal_response(true);
    target.mutable_connect_timeout()->set_ns(5 * kNsPerSecond);
    auto backend = MakeCosmosBackend(target, records_);
    EXPECT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    EXPECT_TRUE(backend_->SetUp(true).ok());
    auto session = backend_->OpenSession(driver_.loop(), driver_);
    EXPECT_TRUE(session.ok()) << session.status();
    session_ = *std::move(session);
  }

  KeptOutcome Run(const Operation& operation) {
    EXPECT_TRUE(driver_.RunUntil([&] { return session_->Capacity() > 0; }));
    return driver_.Run(*session_, operation);
  }

  SampleRecords records_;
  std::unique_ptr<cosmos::Emulator> emulator_;
  std::unique_ptr<CuttableProxy> proxy_;
  SessionDriver driver_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Session> session_;
};

TEST_P(CosmosEffectOnce, WhenTheAnswerToAnAppliedCreateIsLost) {
  const int rounds = KillsWanted(60);
  uint64_t next = 0;
  for (int round = 0; round < rounds; ++round) {
    Operation insert;
    insert.kind = OperationKind::kInsert;
    insert.first_record = next;
    insert.records = GetParam();
    AppliedRecords applied;
    applied.Reset(insert.records);
    if (insert.records > 1) insert.applied = &applied;
    proxy_->CutAtAnswer("HTTP/1.1 2");
    const KeptOutcome lost = Run(insert);
    ASSERT_NE(lost.outcome.verdict, Verdict::kOk);
    ASSERT_TRUE(lost.outcome.in_doubt || lost.outcome.verdict == Verdict::kInDoubt) << lost.words;
    insert.attempt = 2;
    EXPECT_NE(Run(insert).outcome.verdict, Verdict::kOk) << "without doubt it is a conflict";
    insert.in_doubt = true;
    const KeptOutcome again = Run(insert);
    ASSERT_EQ(again.outcome.verdict, Verdict::kOk) << again.words;
    next += insert.records;
  }
  RecordDigest expected;
  RecordDigest stored;
  Record record;
  for (uint64_t index = 0; index < next; ++index) {
    records_.Make(index, 0, &record);
    expected.Add(records_.schema(), record);
  }
  ASSERT_TRUE(backend_->Scan([&](const Record& r) { stored.Add(records_.schema(), r); }).ok());
  EXPECT_EQ(stored, expected);
}

// A point create, and a bulk request of one partition.
INSTANTIATE_TEST_SUITE_P(Inserts, CosmosEffectOnce, ::testing::Values(1u, 30u));

// What a verification of a large container asks.
TEST_P(CosmosEffectOnce, CountsAndReadsSingleRecordsBack) {
  Operation insert;
  insert.kind = OperationKind::kInsert;
  insert.records = 30;
  ASSERT_EQ(Run(insert).outcome.verdict, Verdict::kOk);
  const auto count = backend_->Count();
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 30u);
  int found = 0;
  int absent = 0;
  Record made;
  const absl::Status read =
      backend_->ReadBack({0, 29, 30}, [&](uint64_t index, const Record* record) {
        if (record == nullptr) {
          ++absent;
          return;
        }
        ++found;
        records_.Make(index, 0, &made);
        RecordDigest expected, there;
        expected.Add(records_.schema(), made);
        there.Add(records_.schema(), *record);
        EXPECT_EQ(there, expected);
      });
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(found, 2);
  EXPECT_EQ(absent, 1);
}

}  // namespace
}  // namespace weir
