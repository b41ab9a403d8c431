#include "backends/sqlite/sqlite_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "backends/api/record_digest.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

class SqliteBackend : public ::testing::Test {
 protected:
  SqliteBackend() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-sqlite-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SqliteBackend() override { std::filesystem::remove_all(folder_); }

  v1::SqliteTarget File() const {
    v1::SqliteTarget target;
    target.set_path(folder_ / "test.db");
    target.set_table("weir_records");
    return target;
  }
  static v1::SqliteTarget Memory() {
    v1::SqliteTarget target;
    target.set_path(":memory:");
    target.set_table("weir_records");
    return target;
  }
  std::unique_ptr<Backend> Make(const v1::SqliteTarget& target) const {
    auto backend = MakeSqliteBackend(target, records_);
    EXPECT_TRUE(backend.ok()) << backend.status();
    return *std::move(backend);
  }
  uint64_t Count(Backend& backend) const {
    uint64_t count = 0;
    EXPECT_TRUE(backend.Scan([&count](const Record&) { ++count; }).ok());
    return count;
  }
  std::map<std::string, std::string> Facts(Backend& backend) const {
    std::map<std::string, std::string> facts;
    const auto disclosure = backend.Disclose();
    EXPECT_TRUE(disclosure.ok()) << disclosure.status();
    for (const DisclosedFact& fact : disclosure->facts) facts[fact.name] = fact.value;
    return facts;
  }

  // Inserts 40 batches of 25 records, as one of several workers.
  void WriteAsWorker(Backend& backend, uint64_t worker) const {
    SessionDriver driver;
    const auto session = backend.OpenSession(driver.loop(), driver);
    ASSERT_TRUE(session.ok()) << session.status();
    for (uint64_t batch = 0; batch < 40; ++batch) {
      Operation insert;
      insert.kind = OperationKind::kInsert;
      insert.first_record = (worker * 40 + batch) * 25;
      insert.records = 25;
      const KeptOutcome done = driver.Run(**session, insert);
      ASSERT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    }
  }
  void ExpectWorkersDoNotDisturbEachOther(const v1::SqliteTarget& target) const {
    const auto backend = Make(target);
    ASSERT_TRUE(backend->SetUp(true).ok());
    std::vector<std::thread> workers;
    for (uint64_t worker = 0; worker < 4; ++worker) {
      workers.emplace_back([&, worker] { WriteAsWorker(*backend, worker); });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(Count(*backend), 4 * 40 * 25u);
  }

  const SampleRecords records_;
  std::filesystem::path folder_;
};

TEST_F(SqliteBackend, WorkersWaitForEachOthersLocksInAFile) {
  ExpectWorkersDoNotDisturbEachOther(File());
}

TEST_F(SqliteBackend, WorkersWaitForEachOthersLocksInMemory) {
  ExpectWorkersDoNotDisturbEachOther(Memory());
}

TEST_F(SqliteBackend, DatabasesInMemoryAreApart) {
  const auto first = Make(Memory());
  const auto second = Make(Memory());
  ASSERT_TRUE(first->SetUp(true).ok());
  ASSERT_TRUE(second->SetUp(true).ok());
  WriteAsWorker(*first, 0);
  EXPECT_EQ(Count(*first), 1000u);
  EXPECT_EQ(Count(*second), 0u);
}

TEST_F(SqliteBackend, DeclaredPragmasTakeEffect) {
  v1::SqliteTarget target = File();
  target.set_journal_mode(v1::JOURNAL_MODE_TRUNCATE);
  target.set_synchronous(v1::SQLITE_SYNCHRONOUS_EXTRA);
  const auto backend = Make(target);
  ASSERT_TRUE(backend->SetUp(true).ok());
  const auto facts = Facts(*backend);
  EXPECT_EQ(facts.at("journal_mode"), "truncate");
  EXPECT_EQ(facts.at("synchronous"), "extra");
  EXPECT_THAT(facts.at("index weir_records_on_1_6"), HasSubstr("CREATE INDEX"));
}

TEST_F(SqliteBackend, WalIsTheDefaultInAFileAndImpossibleInMemory) {
  const auto file = Make(File());
  ASSERT_TRUE(file->SetUp(true).ok());
  EXPECT_EQ(Facts(*file).at("journal_mode"), "wal");
  const auto memory = Make(Memory());
  ASSERT_TRUE(memory->SetUp(true).ok());
  EXPECT_EQ(Facts(*memory).at("journal_mode"), "memory");
}

TEST_F(SqliteBackend, MissingFolderIsUnavailableWithThePath) {
  v1::SqliteTarget target = File();
  target.set_path(folder_ / "no" / "such.db");
  const absl::Status status = Make(target)->SetUp(true);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(target.path()));
}

TEST_F(SqliteBackend, TableOfAnotherDatasetIsInvalid) {
  const auto backend = Make(File());
  ASSERT_TRUE(backend->SetUp(true).ok());
  class Other final : public RecordSource {
   public:
    Other() {
      schema_.name = "other";
      schema_.fields = {{"id", FieldType::kText}, {"colour", FieldType::kText}};
      schema_.id_field = 0;
    }
    const RecordSchema& schema() const override { return schema_; }
    void Make(uint64_t, uint64_t, Record*) const override {}

   private:
    RecordSchema schema_;
  } other;
  auto another = MakeSqliteBackend(File(), other);
  ASSERT_TRUE(another.ok());
  const absl::Status status = (*another)->SetUp(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("run a load phase"));
}

}  // namespace
}  // namespace weir
