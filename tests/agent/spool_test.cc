// Reports that wait for the coordinator, over restarts and crashes (R41).
#include "agent/spool.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/memory_disk.h"

namespace weir {
namespace {

v1::IntervalReport Report(uint64_t sequence, size_t bytes = 10) {
  v1::IntervalReport report;
  report.set_sequence(sequence);
  report.mutable_interval()->set_second(static_cast<uint32_t>(sequence));
  report.mutable_interval()->add_processes()->set_name(std::string(bytes, 'x'));
  return report;
}

std::vector<uint64_t> LeftBehind(MemoryDisk& disk) {
  std::vector<uint64_t> sequences;
  const absl::Status status = ForEachSpooled(
      disk, "s", [&](const v1::IntervalReport& report) { sequences.push_back(report.sequence()); });
  EXPECT_TRUE(status.ok()) << status;
  return sequences;
}

TEST(Spool, GivesBackWhatIsNotAcknowledged) {
  MemoryDisk disk;
  Spool spool(disk, "s");
  for (uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(spool.Append(Report(i)).ok());
  spool.DropUpTo(2);
  EXPECT_EQ(spool.first(), 3u);
  EXPECT_EQ(spool.last(), 5u);
  EXPECT_TRUE(absl::IsNotFound(spool.Read(2).status()));
  EXPECT_EQ(spool.Read(4)->SerializeAsString(), Report(4).SerializeAsString());
  EXPECT_TRUE(absl::IsNotFound(spool.Read(6).status()));
}

TEST(Spool, DoesNotGrowWithTheRun) {
  MemoryDisk disk;
  Spool spool(disk, "s");
  for (uint64_t i = 1; i <= 200; ++i) {
    ASSERT_TRUE(spool.Append(Report(i, 100'000)).ok());
    spool.DropUpTo(i - 1);  // one is always outstanding
    ASSERT_LE(disk.files(), 2u);
  }
  spool.Clear();
  EXPECT_EQ(disk.files(), 0u);
}

TEST(Spool, FindsReportsInEveryFile) {
  MemoryDisk disk;
  Spool spool(disk, "s");
  for (uint64_t i = 1; i <= 40; ++i) ASSERT_TRUE(spool.Append(Report(i, 100'000)).ok());
  EXPECT_GT(disk.files(), 2u);
  spool.DropUpTo(15);
  for (uint64_t i = 16; i <= 40; ++i) EXPECT_EQ(spool.Read(i)->sequence(), i);
}

TEST(Spool, SaysWhenItIsFullAndKeepsWhatItHas) {
  MemoryDisk disk;
  Spool spool(disk, "s", /*capacity=*/1000);
  ASSERT_TRUE(spool.Append(Report(1, 800)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(spool.Append(Report(2, 800))));
  EXPECT_EQ(spool.Read(1)->sequence(), 1u);
  spool.DropUpTo(1);
  EXPECT_TRUE(spool.Append(Report(3, 800)).ok());
}

TEST(Spool, SaysWhenTheDiskIsFullAndGoesOnWhenItIsNot) {
  MemoryDisk disk;
  Spool spool(disk, "s");
  ASSERT_TRUE(spool.Append(Report(1)).ok());
  disk.capacity = disk.Bytes("s.1").size() + 5;
  EXPECT_FALSE(spool.Append(Report(2)).ok());
  disk.capacity = UINT64_MAX;
  ASSERT_TRUE(spool.Append(Report(2)).ok());
  EXPECT_EQ(spool.Read(2)->sequence(), 2u);
}

TEST(Spool, IsThereWhenTheProcessHasDied) {
  MemoryDisk disk;
  {
    Spool spool(disk, "s");
    for (uint64_t i = 1; i <= 30; ++i) ASSERT_TRUE(spool.Append(Report(i, 100'000)).ok());
    spool.DropUpTo(25);
  }
  const std::vector<uint64_t> left = LeftBehind(disk);
  ASSERT_FALSE(left.empty());
  EXPECT_LE(left.front(), 26u);
  EXPECT_EQ(left.back(), 30u);
}

TEST(Spool, LosesOnlyTheTornEndToACrashAtAnyByte) {
  const size_t each = Report(1).ByteSizeLong() + RecordLog::kHeadBytes;
  for (size_t left = 0; left <= 3 * each; ++left) {
    MemoryDisk disk;
    {
      Spool spool(disk, "s");
      for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(spool.Append(Report(i)).ok());
      disk.Crash(left);
    }
    EXPECT_EQ(LeftBehind(disk).size(), left / each) << left;
  }
}

}  // namespace
}  // namespace weir
