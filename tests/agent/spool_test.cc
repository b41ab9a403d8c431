// Reports that wait for the coordinator, over restarts and crashes (R41).
#include "agent/spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "control/spool_reader.h"

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

// What the files s.1, s.2, … tell an outsider.
struct LeftBehind {
  std::vector<uint64_t> sequences;
  std::vector<v1::SpoolHead> heads;  // of each file
  std::vector<uint64_t> ends;        // their last sequence
  bool damaged = false;
};

LeftBehind Read(MemoryDisk& disk) {
  LeftBehind left;
  for (int number = 1; number < 100; ++number) {
    const std::string path = "s." + std::to_string(number);
    if (!disk.Exists(path)) continue;
    const auto file = ReadSpoolFile(*disk.Open(path), [&](v1::SpoolRecord& record) {
      if (record.has_report()) left.sequences.push_back(record.report().sequence());
      if (record.has_end()) left.ends.push_back(record.end().last_sequence());
    });
    if (!file.ok()) continue;
    left.heads.push_back(file->head);
    left.damaged |= !file->damage.empty();
  }
  return left;
}

v1::SpoolHead Head() {
  v1::SpoolHead head;
  head.set_run_id("run");
  head.set_agent_index(2);
  head.set_incarnation("1-2-3");
  head.set_step(7);
  return head;
}

v1::StageDone End(uint64_t last_sequence) {
  v1::StageDone done;
  done.set_last_sequence(last_sequence);
  done.add_totals()->mutable_total()->set_ok(5);
  return done;
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
  const std::vector<uint64_t> left = Read(disk).sequences;
  ASSERT_FALSE(left.empty());
  EXPECT_LE(left.front(), 26u);
  EXPECT_EQ(left.back(), 30u);
}

TEST(Spool, EveryFileTellsWhoseItIs) {
  MemoryDisk disk;
  {
    Spool spool(disk, "s");
    spool.Begin(Head());
    for (uint64_t i = 1; i <= 40; ++i) ASSERT_TRUE(spool.Append(Report(i, 100'000)).ok());
    spool.DropUpTo(15);
  }
  const LeftBehind left = Read(disk);
  ASSERT_GT(left.heads.size(), 1u);
  for (const v1::SpoolHead& head : left.heads) {
    EXPECT_EQ(head.SerializeAsString(), Head().SerializeAsString());
  }
}

TEST(Spool, KeepsTheEndOfTheStageUntilTheNextOneBegins) {
  MemoryDisk disk;
  {
    Spool spool(disk, "s");
    spool.Begin(Head());
    for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(spool.Append(Report(i)).ok());
    ASSERT_TRUE(spool.AppendEnd(End(3)).ok());
    spool.DropUpTo(3);
    EXPECT_TRUE(spool.empty()) << "no report waits";
    EXPECT_TRUE(spool.on_disk());
  }
  EXPECT_EQ(Read(disk).ends, std::vector<uint64_t>{3});
  Spool spool(disk, "s");
  spool.Begin(Head());
  ASSERT_TRUE(spool.AppendEnd(End(0)).ok());
  spool.Begin(Head());
  EXPECT_FALSE(spool.on_disk());
}

TEST(Spool, KeepsTheEndWhereItHasNoRoomForReports) {
  MemoryDisk disk;
  {
    Spool spool(disk, "s", /*capacity=*/1000);
    spool.Begin(Head());
    ASSERT_TRUE(spool.Append(Report(1, 800)).ok());
    EXPECT_FALSE(spool.Append(Report(2, 800)).ok());
    ASSERT_TRUE(spool.AppendEnd(End(2)).ok());
  }
  const LeftBehind left = Read(disk);
  EXPECT_EQ(left.sequences, std::vector<uint64_t>{1});
  EXPECT_EQ(left.ends, std::vector<uint64_t>{2}) << "which tells that report 2 is missing";
}

TEST(Spool, AFileOfSomethingElseIsNone) {
  MemoryDisk disk;
  const auto read = [&](const std::string& path) {
    return ReadSpoolFile(*disk.Open(path), [](v1::SpoolRecord&) { FAIL(); }).status();
  };
  EXPECT_TRUE(absl::IsInvalidArgument(read("empty")));
  ASSERT_TRUE((*disk.Open("text"))->Append("not one of ours, but long enough for a head").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(read("text")));
  {
    auto log = RecordLog::Open(*disk.Open("log"), [](absl::string_view) {});
    ASSERT_TRUE(log->Append(Report(1).SerializeAsString()).ok());
  }
  EXPECT_TRUE(absl::IsInvalidArgument(read("log"))) << "records without a head";
}

TEST(Spool, LosesOnlyTheTornEndToACrashAtAnyByte) {
  size_t head = 0;           // ends here
  std::vector<size_t> ends;  // and the reports here
  {
    MemoryDisk disk;
    Spool spool(disk, "s");
    spool.Begin(Head());
    v1::SpoolRecord first;
    *first.mutable_head() = Head();
    head = RecordLog::kHeadBytes + first.ByteSizeLong();
    for (uint64_t i = 1; i <= 3; ++i) {
      ASSERT_TRUE(spool.Append(Report(i)).ok());
      ends.push_back(disk.Bytes("s.1").size());
    }
  }
  for (size_t left = 0; left <= ends.back(); ++left) {
    MemoryDisk disk;
    {
      Spool spool(disk, "s");
      spool.Begin(Head());
      for (uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(spool.Append(Report(i)).ok());
      disk.Crash(left);
    }
    const LeftBehind read = Read(disk);
    const auto whole = std::count_if(ends.begin(), ends.end(), [&](size_t e) { return e <= left; });
    EXPECT_EQ(read.sequences.size(), static_cast<size_t>(whole)) << left;
    const bool torn = left > head && std::count(ends.begin(), ends.end(), left) == 0;
    EXPECT_EQ(read.damaged, torn) << left;
  }
}

}  // namespace
}  // namespace weir
