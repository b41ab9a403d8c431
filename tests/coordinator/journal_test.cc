// The coordinator's journal, over crashes at every byte (R44).
#include "coordinator/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/memory_disk.h"

namespace weir {
namespace {

v1::JournalRecord Go(uint32_t step) {
  v1::JournalRecord record;
  record.set_unix_ns(step);
  record.mutable_go()->set_step(step);
  record.mutable_go()->set_start_ns(1'000'000'000);
  return record;
}

TEST(Journal, KeepsEveryRecordThatItSaidItKeptWhereverACrashCutsIt) {
  const size_t longest = Go(3).ByteSizeLong() + RecordLog::kHeadBytes;
  for (size_t left = 0; left <= longest; ++left) {
    MemoryDisk disk;
    {
      auto journal = Journal::Open(disk, "j");
      ASSERT_TRUE(journal.ok());
      ASSERT_TRUE((*journal)->Keep(Go(1)).ok());
      ASSERT_TRUE((*journal)->Keep(Go(2)).ok());
      disk.fail_syncs = true;  // the machine goes down before it is synced
      EXPECT_FALSE((*journal)->Keep(Go(3)).ok());
      disk.Crash(left);
    }
    disk.fail_syncs = false;
    const auto records = ReadJournal(disk, "j");
    ASSERT_TRUE(records.ok()) << records.status();
    ASSERT_EQ(records->size(), left == longest ? 3u : 2u) << left;
    EXPECT_EQ(records->at(1).go().step(), 2u);
    // What goes on writes after the last whole record.
    ASSERT_TRUE((*Journal::Open(disk, "j"))->Keep(Go(4)).ok());
    EXPECT_EQ(ReadJournal(disk, "j")->back().go().step(), 4u);
  }
}

// It was told that the record is not kept, and what it says was not done.
TEST(Journal, ARecordThatCouldNotBeSyncedIsNotFollowedByOthers) {
  MemoryDisk disk;
  {
    auto journal = *Journal::Open(disk, "j");
    ASSERT_TRUE(journal->Keep(Go(1)).ok());
    disk.fail_syncs = true;
    EXPECT_FALSE(journal->Keep(Go(2)).ok());
    disk.fail_syncs = false;
    ASSERT_TRUE(journal->Keep(Go(3)).ok());
  }
  const auto records = *ReadJournal(disk, "j");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].go().step(), 3u);
}

TEST(Journal, SyncsEveryRecord) {
  MemoryDisk disk;
  auto journal = Journal::Open(disk, "j");
  ASSERT_TRUE((*journal)->Keep(Go(1)).ok());
  ASSERT_TRUE((*journal)->Keep(Go(2)).ok());
  EXPECT_EQ(disk.syncs, 2);
}

TEST(Journal, DamageBeforeWholeRecordsIsRefusedAndNothingIsCutOff) {
  MemoryDisk disk;
  {
    auto journal = Journal::Open(disk, "j");
    for (uint32_t step = 1; step <= 3; ++step) ASSERT_TRUE((*journal)->Keep(Go(step)).ok());
  }
  disk.Bytes("j")[RecordLog::kHeadBytes] ^= 1;
  const std::string damaged = disk.Bytes("j");
  const absl::Status refused = ReadJournal(disk, "j").status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_THAT(refused.message(), testing::HasSubstr("j: is damaged at byte 0 of "));
  EXPECT_TRUE(absl::IsDataLoss(Journal::Open(disk, "j").status()));
  EXPECT_EQ(disk.Bytes("j"), damaged);
}

TEST(Journal, TellsWhetherItsCoordinatorLives) {
  MemoryDisk disk;
  EXPECT_TRUE(absl::IsNotFound(ReadJournal(disk, "j").status()));
  auto journal = Journal::Open(disk, "j");
  EXPECT_TRUE(absl::IsAlreadyExists(ReadJournal(disk, "j").status()));
  journal->reset();
  EXPECT_TRUE(ReadJournal(disk, "j").ok());
}

}  // namespace
}  // namespace weir
