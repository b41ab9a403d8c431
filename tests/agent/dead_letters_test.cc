#include "agent/dead_letters.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/random.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

DeadLetterPlace Place(uint64_t segment_bytes = 64 << 20, uint64_t most_bytes = 1 << 30) {
  return {.path = "letters",
          .run_id = "run",
          .agent = "agent-0",
          .segment_bytes = segment_bytes,
          .most_bytes = most_bytes};
}

v1::DeadLetter Letter(uint64_t index) {
  v1::DeadLetter letter;
  letter.set_index(index);
  letter.set_operation("load");
  letter.set_verdict("in_doubt");
  letter.set_detail(std::string(index % 50, 'x'));
  return letter;
}

std::vector<uint64_t> Read(Disk& disk) {
  std::vector<uint64_t> indices;
  const absl::Status read = ForEachLetter(
      disk, "letters", [&](const v1::DeadLetter& letter) { indices.push_back(letter.index()); });
  EXPECT_TRUE(read.ok()) << read;
  return indices;
}

TEST(DeadLetters, NoLetterNoFile) {
  MemoryDisk disk;
  DeadLetters letters(disk, Place());
  EXPECT_TRUE(letters.Sync().ok());
  EXPECT_EQ(disk.files(), 0u);
}

TEST(DeadLetters, SpreadOverSegmentsAndReadInOrder) {
  MemoryDisk disk;
  {
    DeadLetters letters(disk, Place(1000));
    for (uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(letters.Write(Letter(i)).ok());
    ASSERT_TRUE(letters.Sync().ok());
    EXPECT_EQ(letters.written(), 100u);
  }
  EXPECT_GT(disk.files(), 3u);
  const std::vector<uint64_t> read = Read(disk);
  ASSERT_EQ(read.size(), 100u);
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(read[i], i);
}

TEST(DeadLetters, AnotherProcessOfTheNameLeavesTheFilesAlone) {
  MemoryDisk disk;
  for (uint64_t process = 0; process < 3; ++process) {
    DeadLetters letters(disk, Place());
    ASSERT_TRUE(letters.Write(Letter(process)).ok());
  }
  EXPECT_EQ(Read(disk), (std::vector<uint64_t>{0, 1, 2}));
}

// At whatever byte the machine dies: what was synced is there, and nothing comes back wrong.
TEST(DeadLetters, SurviveACrashAtEveryByte) {
  for (size_t kept = 0;; ++kept) {
    MemoryDisk disk;
    {
      DeadLetters letters(disk, Place());
      for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(letters.Write(Letter(i)).ok());
      ASSERT_TRUE(letters.Sync().ok());
      const size_t synced = disk.Bytes("letters.1").size();
      for (uint64_t i = 3; i < 5; ++i) ASSERT_TRUE(letters.Write(Letter(i)).ok());
      if (synced + kept > disk.Bytes("letters.1").size()) return;
      disk.Crash(kept);
    }
    const std::vector<uint64_t> read = Read(disk);
    ASSERT_GE(read.size(), 3u) << kept;
    for (uint64_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], i) << kept;
  }
}

TEST(DeadLetters, TheCapRefusesAndKeepsWhatIsThere) {
  MemoryDisk disk;
  {
    DeadLetters letters(disk, Place(64 << 20, 500));
    absl::Status status;
    while (status.ok()) status = letters.Write(Letter(letters.written()));
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_NE(status.message().find("cap of 500 bytes"), std::string::npos) << status;
    EXPECT_GT(letters.written(), 3u);
  }
  EXPECT_FALSE(Read(disk).empty());
}

TEST(DeadLetters, AFileOfSomethingElseIsRefused) {
  MemoryDisk disk;
  {
    auto log = RecordLog::Open(*disk.Open("letters.1"), [](absl::string_view) {});
    ASSERT_TRUE(log.ok());
    ASSERT_TRUE(log->Append("something else").ok());
  }
  EXPECT_TRUE(absl::IsDataLoss(ForEachLetter(disk, "letters", [](const v1::DeadLetter&) {})));
}

// Letters behind damage are not passed over in silence, and stay on the disk.
TEST(DeadLetters, DamageBeforeWholeLettersIsRefusedWithFileAndByte) {
  MemoryDisk disk;
  uint64_t third = 0;
  {
    DeadLetters letters(disk, Place());
    for (uint64_t i = 0; i < 2; ++i) ASSERT_TRUE(letters.Write(Letter(i)).ok());
    third = disk.Bytes("letters.1").size();
    for (uint64_t i = 2; i < 4; ++i) ASSERT_TRUE(letters.Write(Letter(i)).ok());
  }
  disk.Bytes("letters.1")[third + 12] ^= 1;
  const std::string damaged = disk.Bytes("letters.1");
  uint64_t read = 0;
  const absl::Status refused =
      ForEachLetter(disk, "letters", [&](const v1::DeadLetter&) { ++read; });
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_TRUE(absl::StartsWith(refused.message(),
                               absl::StrCat("letters.1 is damaged at byte ", third, " of ")))
      << refused;
  EXPECT_EQ(read, 2u);
  EXPECT_EQ(disk.Bytes("letters.1"), damaged);
}

// Damage anywhere: never a crash, and what comes back before it is what was written.
TEST(DeadLetters, SurviveDamagedBytes) {
  for (uint64_t seed = 0; seed < 3'000; ++seed) {
    MemoryDisk disk;
    {
      DeadLetters letters(disk, Place());
      for (uint64_t i = 0; i < 6; ++i) ASSERT_TRUE(letters.Write(Letter(i)).ok());
    }
    DrawStream draws(seed, 5);
    std::string& bytes = disk.Bytes("letters.1");
    for (uint64_t flips = 1 + draws.Below(4); flips > 0; --flips) {
      bytes[draws.Below(bytes.size())] ^= static_cast<char>(1 + draws.Below(255));
    }
    uint64_t next = 0;
    (void)ForEachLetter(disk, "letters", [&](const v1::DeadLetter& letter) {
      EXPECT_EQ(letter.index(), next++) << seed;
    });
  }
}

}  // namespace
}  // namespace weir
