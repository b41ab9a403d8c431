#include "simulation/sim_disk.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace weir {
namespace {

std::string Content(SimDisk& disk) {
  const auto file = *disk.Open("log");
  return *file->Read(0, 1000);
}

TEST(SimDisk, KeepsEverythingWhenOnlyTheProcessDies) {
  SimDisk disk(1, "test");
  auto file = *disk.Open("log");
  ASSERT_TRUE(file->Append("unsynced").ok());
  disk.ProcessDied();
  EXPECT_EQ(Content(disk), "unsynced");
}

TEST(SimDisk, ACrashSparesWhatWasSyncedAndNothingElseIsSure) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimDisk disk(seed, "test");
    auto file = *disk.Open("log");
    ASSERT_TRUE(file->Append("safe").ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(file->Append("lost").ok());
    disk.MachineCrashed();
    const std::string content = Content(disk);
    EXPECT_EQ(content.substr(0, 4), "safe");
    seen.insert(content);
  }
  EXPECT_TRUE(seen.contains("safe"));
  EXPECT_TRUE(seen.contains("safelo")) << "torn";
  EXPECT_TRUE(seen.contains(std::string("safel\0\0\0", 8))) << "the length without the bytes";
}

TEST(SimDisk, ACutThatWasNotSyncedMayNotHaveHappened) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed, "test");
    auto file = *disk.Open("log");
    ASSERT_TRUE(file->Append("whole").ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(file->Truncate(2).ok());
    disk.MachineCrashed();
    seen.insert(Content(disk));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"wh", "whole"}));
}

TEST(SimDisk, AFileHasOneOwnerUntilItDies) {
  SimDisk disk(1, "test");
  auto file = *disk.Open("log");
  EXPECT_EQ(disk.Open("log").status().code(), absl::StatusCode::kAlreadyExists);
  disk.ProcessDied();
  EXPECT_TRUE(disk.Open("log").ok());
  EXPECT_FALSE(file->Append("from the grave").ok());
}

TEST(SimDisk, IsFullAfterAPartOfTheBytesAtMost) {
  SimDisk disk(1, "test");
  auto file = *disk.Open("log");
  disk.faults.full = true;
  EXPECT_EQ(file->Append("0123456789").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_LE(file->Size(), 10u);
  disk.faults.full = false;
  EXPECT_TRUE(file->Append("x").ok());
}

}  // namespace
}  // namespace weir
