#include "base/record_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/random.h"
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

// Three records; the log is what a damaged file is opened as.
class RecordLogDamage : public ::testing::Test {
 protected:
  RecordLogDamage() {
    RecordLog log = Open(disk_).log;
    for (const std::string& record : records_) offsets_.push_back(*log.Append(record));
    whole_ = disk_.Bytes("log");
  }

  absl::StatusOr<RecordLog> Refusing(const std::string& bytes) {
    disk_.Bytes("log") = bytes;
    read_.clear();
    return RecordLog::Open(
        *disk_.Open("log"), [&](absl::string_view record) { read_.emplace_back(record); },
        RecordLog::Tail::kRefuseDamage);
  }

  const std::vector<std::string> records_ = {"first", std::string(700, 's'), "third"};
  std::vector<uint64_t> offsets_;
  std::vector<std::string> read_;
  std::string whole_;
  MemoryDisk disk_;
};

TEST_F(RecordLogDamage, IsRefusedWithItsByteWhereWholeRecordsLieBehind) {
  for (uint64_t byte = 0; byte < offsets_[2]; ++byte) {
    std::string damaged = whole_;
    damaged[byte] ^= 0x10;
    const auto log = Refusing(damaged);
    ASSERT_TRUE(absl::IsDataLoss(log.status())) << byte << ": " << log.status();
    const uint64_t begin = byte < offsets_[1] ? offsets_[0] : offsets_[1];
    EXPECT_EQ(log.status().message(),
              absl::StrCat("is damaged at byte ", begin, " of ", whole_.size()));
    ASSERT_EQ(disk_.Bytes("log"), damaged) << "nothing is cut off";
  }
}

TEST_F(RecordLogDamage, OfTheLastRecordIsTakenForATornEnd) {
  for (uint64_t byte = offsets_[2]; byte < whole_.size(); ++byte) {
    std::string damaged = whole_;
    damaged[byte] ^= 0x10;
    ASSERT_TRUE(Refusing(damaged).ok()) << byte;
    EXPECT_EQ(read_, (std::vector<std::string>{records_[0], records_[1]}));
    EXPECT_EQ(disk_.Bytes("log").size(), offsets_[2]);
  }
}

TEST_F(RecordLogDamage, WhatIsMissingFromTheMiddleIsDamageToo) {
  EXPECT_TRUE(absl::IsDataLoss(
      Refusing(whole_.substr(0, offsets_[1] + 100) + whole_.substr(offsets_[2])).status()));
  EXPECT_TRUE(absl::IsDataLoss(Refusing(std::string(5000, '\0') + whole_).status()));
}

TEST_F(RecordLogDamage, EveryTornEndIsCutOff) {
  for (uint64_t size = 0; size <= whole_.size(); ++size) {
    ASSERT_TRUE(Refusing(whole_.substr(0, size)).ok()) << size;
    ASSERT_TRUE(Refusing(whole_.substr(0, size) + std::string(300, '\0')).ok()) << size;
  }
}

// A group that was torn holds records of its own and lengths of every kind: none is taken for one
// of the log, and looking takes no longer than reading.
TEST_F(RecordLogDamage, ALongTornEndIsSearchedInNoTime) {
  DrawStream draws(DeriveKey(3, "torn"), 0);
  std::string torn(2 << 20, '\0');
  for (size_t i = 0; i < torn.size(); ++i) {
    // Every second kibibyte is random, the others are full of lengths that are possible.
    torn[i] = static_cast<char>((i >> 10) % 2 == 0 ? draws.Below(256) : (i % 4 == 1 ? 7 : 0));
  }
  std::string frame = "\xff\xff\xff\x01????";  // a record that is longer than what there is of it
  const int64_t begin = MonotonicNs();
  ASSERT_TRUE(Refusing(whole_ + frame + torn).ok());
  EXPECT_EQ(disk_.Bytes("log"), whole_);
  EXPECT_LT(MonotonicNs() - begin, 20 * kNsPerSecond);
}

TEST_F(RecordLogDamage, IsFoundAMegabyteAway) {
  std::string damaged = whole_ + std::string(1 << 20, 'j') + whole_;
  EXPECT_TRUE(absl::IsDataLoss(Refusing(damaged).status()));
}

}  // namespace
}  // namespace weir
