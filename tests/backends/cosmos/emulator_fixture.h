// The backend on an emulator of this process, which a test starts and ends, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "backends/api/record_digest.h"
#include "backends/cosmos/cosmos_backend.h"
#include "backends/cosmos/emulator/emulator.h"
#include "base/clock.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir::cosmos {

inline constexpr char kKeyVariable[] = "WEIR_TEST_EMULATOR_KEY";

class CosmosEmulatorTest : public ::testing::Test {
 protected:
  CosmosEmulatorTest() {
    setenv(kKeyVariable, std::string(kWellKnownEmulatorKey).c_str(), 1);
    target_.mutable_key()->set_env(kKeyVariable);
    target_.set_database("weir");
    target_.set_container("records");
    target_.set_throughput(400);
    target_.set_page_size(100);
    target_.set_minimal_response(true);
    target_.mutable_connect_timeout()->set_ns(2 * kNsPerSecond);
  }

  void StartEmulator() {
    auto emulator = Emulator::Start(options_);
    ASSERT_TRUE(emulator.ok()) << emulator.status();
    emulator_ = *std::move(emulator);
    options_.port = emulator_->port();
    target_.set_endpoint(emulator_->endpoint());
  }

  void Open() {
    if (emulator_ == nullptr) StartEmulator();
    auto backend = MakeCosmosBackend(target_, records_);
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    const absl::Status set_up = backend_->SetUp(true);
    ASSERT_TRUE(set_up.ok()) << set_up;
    auto session = backend_->OpenSession(driver_.loop(), driver_);
    ASSERT_TRUE(session.ok()) << session.status();
    session_ = *std::move(session);
  }

  Operation Insert(uint64_t first, uint32_t records) {
    Operation operation;
    operation.kind = OperationKind::kInsert;
    operation.first_record = first;
    operation.records = records;
    if (records > 1) {
      applied_.Reset(records);
      operation.applied = &applied_;
    }
    return operation;
  }

  // As the worker does: again while it may help, after the time the server asks for.
  KeptOutcome RunWithRetries(Operation operation, int attempts) {
    KeptOutcome done = driver_.Run(*session_, operation);
    while (done.outcome.retryable && attempts-- > 1) {
      ++operation.attempt;
      throttled_ += done.outcome.verdict == Verdict::kThrottled;
      charge_ += done.outcome.charge;
      const int64_t until = driver_.loop().Now() + done.outcome.retry_after_ns;
      driver_.RunUntil([&] { return driver_.loop().Now() >= until; });
      done = driver_.Run(*session_, operation);
    }
    charge_ += done.outcome.charge;
    return done;
  }

  void ExpectStored(uint64_t count) {
    RecordDigest expected;
    RecordDigest stored;
    Record record;
    for (uint64_t index = 0; index < count; ++index) {
      records_.Make(index, 0, &record);
      expected.Add(records_.schema(), record);
    }
    const absl::Status scanned =
        backend_->Scan([&](const Record& read) { stored.Add(records_.schema(), read); });
    EXPECT_TRUE(scanned.ok()) << scanned;
    EXPECT_EQ(stored, expected);
  }

  std::string Fact(const Disclosure& disclosure, const std::string& name) {
    for (const DisclosedFact& fact : disclosure.facts) {
      if (fact.name == name) return fact.value;
    }
    return "not disclosed";
  }

  const SampleRecords records_;
  EmulatorOptions options_;
  std::unique_ptr<Emulator> emulator_;
  v1::CosmosTarget target_;
  SessionDriver driver_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Session> session_;
  AppliedRecords applied_;
  int throttled_ = 0;
  MilliRu charge_ = 0;
};

}  // namespace weir::cosmos
