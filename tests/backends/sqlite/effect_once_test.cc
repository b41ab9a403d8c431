// R50 on SQLite, which lives in the process that writes: that process is killed with -9 in the
// middle of its writing, and the next one goes on. Nothing that was acknowledged is lost, and what
// was in doubt takes effect once.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <tuple>

#include "backends/api/record_digest.h"
#include "backends/sqlite/sqlite_backend.h"
#include "base/random.h"
#include "tests/support/kills.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

class SqliteEffectOnce : public ::testing::TestWithParam<std::tuple<v1::JournalMode, uint32_t>> {
 protected:
  SqliteEffectOnce() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-sqlite-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SqliteEffectOnce() override { std::filesystem::remove_all(folder_); }

  uint32_t records() const { return std::get<1>(GetParam()); }

  // A connection does not survive a fork: each process has its own, and the parent none meanwhile.
  std::unique_ptr<Backend> Open() const {
    v1::SqliteTarget target;
    target.set_path(folder_ / "test.db");
    target.set_table("effect_once");
    target.set_journal_mode(std::get<0>(GetParam()));
    auto backend = MakeSqliteBackend(target, source_);
    EXPECT_TRUE(backend.ok()) << backend.status();
    return *std::move(backend);
  }

  Operation Insert(uint64_t number) const {
    Operation insert;
    insert.kind = OperationKind::kInsert;
    insert.first_record = number * records();
    insert.records = records();
    return insert;
  }

  // The process that is killed: writes from operation `number` on, and says so after each. The
  // first may have been applied by the one before. From `silent` on it writes one more and does not
  // say so: that is an answer which was given and has not arrived.
  [[noreturn]] void WriteOn(uint64_t number, uint64_t silent, int acknowledgements) const {
    const auto backend = Open();
    SessionDriver driver;
    const auto session = backend->OpenSession(driver.loop(), driver);
    if (!session.ok()) _exit(2);
    for (bool in_doubt = true;; in_doubt = false) {
      Operation insert = Insert(number);
      insert.in_doubt = in_doubt;
      if (driver.Run(**session, insert).outcome.verdict != Verdict::kOk) _exit(3);
      if (number >= silent) {
        for (;;) pause();
      }
      if (write(acknowledgements, &number, sizeof(number)) != sizeof(number)) _exit(4);
      ++number;
    }
  }

  struct Killed {
    uint64_t acknowledged;  // operations, from the first on
    bool as_meant;          // it wrote until it was killed
  };
  // One process, from operation `from` on, killed after at least `most` operations at some moment.
  Killed KillAWriter(uint64_t from, uint64_t most, bool is_silent, int64_t wait_us) const {
    int pipe_ends[2];
    EXPECT_EQ(pipe(pipe_ends), 0);
    const pid_t writer = fork();
    if (writer == 0) {
      close(pipe_ends[0]);
      WriteOn(from, is_silent ? from + most : UINT64_MAX, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    uint64_t acknowledged = from;
    uint64_t number = 0;
    while (acknowledged < from + most && read(pipe_ends[0], &number, sizeof(number)) > 0) {
      acknowledged = number + 1;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
    kill(writer, SIGKILL);
    while (read(pipe_ends[0], &number, sizeof(number)) > 0) acknowledged = number + 1;
    close(pipe_ends[0]);
    int status = 0;
    waitpid(writer, &status, 0);
    return {acknowledged, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL};
  }

  const SampleRecords source_;
  std::filesystem::path folder_;
};

TEST_P(SqliteEffectOnce, WhenTheWriterIsKilledInTheMiddleOfItsWriting) {
  ASSERT_TRUE(Open()->SetUp(true).ok());
  const int kills = KillsWanted(60);
  DrawStream draws(DeriveKey(50, "kills"), 0);
  uint64_t acknowledged = 0;
  for (int round = 0; round < kills; ++round) {
    const bool is_silent = round % 3 == 0;
    const Killed killed = KillAWriter(acknowledged, draws.Below(20), is_silent,
                                      static_cast<int64_t>(draws.Below(is_silent ? 3000 : 1000)));
    ASSERT_TRUE(killed.as_meant) << "round " << round << ": the writer ended by itself";
    acknowledged = killed.acknowledged;
  }
  // As the next one would begin.
  const auto backend = Open();
  SessionDriver driver;
  const auto session = backend->OpenSession(driver.loop(), driver);
  ASSERT_TRUE(session.ok()) << session.status();
  Operation last = Insert(acknowledged);
  last.in_doubt = true;
  ASSERT_EQ(driver.Run(**session, last).outcome.verdict, Verdict::kOk);
  RecordDigest expected;
  RecordDigest stored;
  Record record;
  for (uint64_t index = 0; index < (acknowledged + 1) * records(); ++index) {
    source_.Make(index, 0, &record);
    expected.Add(source_.schema(), record);
  }
  ASSERT_TRUE(backend->Scan([&](const Record& r) { stored.Add(source_.schema(), r); }).ok());
  EXPECT_EQ(stored, expected) << acknowledged << " operations, " << kills << " kills";
}

// Without this the test above would show nothing: what was applied and not acknowledged is there,
// and without doubt it is a conflict.
TEST_P(SqliteEffectOnce, WhatWasAppliedUnseenIsThereAndAConflictWithoutDoubt) {
  ASSERT_TRUE(Open()->SetUp(true).ok());
  const Killed killed = KillAWriter(0, 3, /*is_silent=*/true, /*wait_us=*/200'000);
  ASSERT_TRUE(killed.as_meant);
  ASSERT_EQ(killed.acknowledged, 3u);
  const auto backend = Open();
  SessionDriver driver;
  const auto session = backend->OpenSession(driver.loop(), driver);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_EQ(driver.Run(**session, Insert(3)).outcome.verdict, Verdict::kConflict);
  EXPECT_EQ(driver.Run(**session, Insert(4)).outcome.verdict, Verdict::kOk);
}

INSTANTIATE_TEST_SUITE_P(Inserts, SqliteEffectOnce,
                         ::testing::Values(std::tuple{v1::JOURNAL_MODE_WAL, 1u},
                                           std::tuple{v1::JOURNAL_MODE_WAL, 40u},
                                           std::tuple{v1::JOURNAL_MODE_DELETE, 1u},
                                           std::tuple{v1::JOURNAL_MODE_DELETE, 40u}));

}  // namespace
}  // namespace weir
