#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/disk.h"

namespace weir {
namespace {

class PosixDiskTest : public testing::Test {
 protected:
  PosixDiskTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-disk-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~PosixDiskTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
};

TEST_F(PosixDiskTest, AppendsReadsAndCutsOff) {
  const std::string path = folder_ + "/file";
  auto file = disk_->Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Append("hello ").ok());
  EXPECT_TRUE((*file)->Append("world").ok());
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_EQ(*(*file)->Read(6, 100), "world");
  EXPECT_EQ(*(*file)->Read(100, 1), "");
  EXPECT_TRUE((*file)->Truncate(4).ok());
  EXPECT_TRUE((*file)->Append("!").ok());
  EXPECT_EQ(*(*file)->Read(0, 100), "hell!");
  EXPECT_EQ((*file)->Size(), 5u);
}

TEST_F(PosixDiskTest, GivesAFileToOneOwnerAtATime) {
  const std::string path = folder_ + "/file";
  auto first = disk_->Open(path);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsAlreadyExists(disk_->Open(path).status()));
  ASSERT_TRUE((*first)->Append("kept").ok());
  first->reset();
  auto second = disk_->Open(path);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->Size(), 4u);
}

TEST_F(PosixDiskTest, GivesAFileToReadersOnceNobodyWritesIt) {
  const std::string path = folder_ + "/file";
  EXPECT_TRUE(absl::IsNotFound(OpenToRead(path).status())) << "it is not made";
  {
    auto writer = disk_->Open(path);
    ASSERT_TRUE((*writer)->Append("kept").ok());
    EXPECT_TRUE(absl::IsAlreadyExists(OpenToRead(path).status()));
  }
  auto reader = OpenToRead(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE(OpenToRead(path).ok()) << "beside another reader";
  EXPECT_EQ(*(*reader)->Read(0, 100), "kept");
}

TEST_F(PosixDiskTest, SaysWhatItCannotDo) {
  const absl::Status status = disk_->Open(folder_ + "/no/such/folder").status();
  EXPECT_NE(status.message().find("no/such/folder"), absl::string_view::npos);
  EXPECT_TRUE(disk_->Remove(folder_ + "/nothing").ok());
}

}  // namespace
}  // namespace weir
