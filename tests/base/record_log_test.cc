#include "base/record_log.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/memory_disk.h"

namespace weir {
namespace {

struct Reopened {
  RecordLog log;
  std::vector<std::string> records;
};

Reopened Open(MemoryDisk& disk) {
  std::vector<std::string> records;
  auto log = RecordLog::Open(*disk.Open("log"),
                             [&](absl::string_view record) { records.emplace_back(record); });
  EXPECT_TRUE(log.ok()) << log.status();
  return {*std::move(log), std::move(records)};
}

TEST(Crc32c, IsCastagnolis) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
}

TEST(RecordLog, GivesBackWhatWasAppended) {
  MemoryDisk disk;
  {
    RecordLog log = Open(disk).log;
    EXPECT_EQ(*log.Append("one"), 0u);
    const uint64_t second = *log.Append("two");
    EXPECT_EQ(*log.ReadAt(second), "two");
  }
  EXPECT_EQ(Open(disk).records, (std::vector<std::string>{"one", "two"}));
}

TEST(RecordLog, KeepsEveryWholeRecordWhereverACrashCutsTheLast) {
  const std::string last(300, 'x');
  for (size_t left = 0; left < RecordLog::kHeadBytes + last.size(); ++left) {
    MemoryDisk disk;
    {
      RecordLog log = Open(disk).log;
      ASSERT_TRUE(log.Append("kept").ok());
      ASSERT_TRUE(log.Sync().ok());
      ASSERT_TRUE(log.Append(last).ok());
      disk.Crash(left);
    }
    ASSERT_EQ(Open(disk).records, std::vector<std::string>{"kept"}) << left;
  }
}

TEST(RecordLog, GoesOnAfterACrashAsIfTheTornRecordHadNeverBeen) {
  MemoryDisk disk;
  {
    RecordLog log = Open(disk).log;
    ASSERT_TRUE(log.Append("kept").ok());
    ASSERT_TRUE(log.Sync().ok());
    ASSERT_TRUE(log.Append("torn").ok());
    disk.Crash(RecordLog::kHeadBytes + 2);
  }
  ASSERT_TRUE(Open(disk).log.Append("next").ok());
  EXPECT_EQ(Open(disk).records, (std::vector<std::string>{"kept", "next"}));
}

TEST(RecordLog, RecognisesEveryFlippedBit) {
  MemoryDisk whole;
  ASSERT_TRUE(Open(whole).log.Append("a record").ok());
  const std::string bytes = whole.Bytes("log");
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    MemoryDisk disk;
    Open(disk);
    disk.Bytes("log") = bytes;
    disk.Bytes("log")[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_TRUE(Open(disk).records.empty()) << bit;
  }
}

TEST(RecordLog, TakesZerosForTheEndOfTheFile) {
  MemoryDisk disk;
  Open(disk);
  disk.Bytes("log") = std::string(100, '\0');
  EXPECT_TRUE(Open(disk).records.empty());
  EXPECT_EQ(disk.Bytes("log"), "");
}

TEST(RecordLog, StaysWholeWhenTheDiskIsFull) {
  MemoryDisk disk;
  RecordLog log = Open(disk).log;
  ASSERT_TRUE(log.Append("fits").ok());
  disk.capacity = disk.Bytes("log").size() + 5;
  EXPECT_FALSE(log.Append("does not").ok());
  disk.capacity = UINT64_MAX;
  ASSERT_TRUE(log.Append("again").ok());
  RecordLog closed = std::move(log);
  { RecordLog gone = std::move(closed); }
  EXPECT_EQ(Open(disk).records, (std::vector<std::string>{"fits", "again"}));
}

}  // namespace
}  // namespace weir
