#include "backends/cosmos/emulator/durable_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/support/memory_disk.h"

namespace weir::cosmos::emulator {
namespace {

// The folder is a real one, empty: the store lists it. The files are in memory.
class DurableStoreTest : public ::testing::Test {
 protected:
  DurableStoreTest() {
    char path[] = "/tmp/weir-durable-store-XXXXXX";
    folder_ = mkdtemp(path);
  }
  ~DurableStoreTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<DurableStore> Open() {
    auto store = DurableStore::Open(&disk_, {.folder = folder_, .retry_ns = 1'000'000}, &state_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  // What an answer with the ticket is sent with.
  static absl::Status Outcome(DurableStore& store, uint64_t ticket) {
    std::promise<absl::Status> outcome;
    store.WhenOpen(ticket, [&](const absl::Status& status) { outcome.set_value(status); });
    return outcome.get_future().get();
  }

  // Whole ones in the first journal, by their lengths.
  size_t Groups() {
    const std::string& bytes = disk_.Bytes(folder_ + "/journal-00000000");
    size_t groups = 0;
    for (size_t at = 0; at + 8 <= bytes.size(); ++groups) {
      uint32_t size = 0;
      for (int i = 3; i >= 0; --i) size = size << 8 | static_cast<uint8_t>(bytes[at + i]);
      at += 8 + size;
    }
    return groups;
  }

  std::string Record(uint64_t sequence) const { return EncodeCommand({.sequence = sequence}); }

  std::string folder_;
  MemoryDisk disk_;
  RecordedState state_;
};

TEST_F(DurableStoreTest, OpensAnAnswerOnceItsRecordsAreSynced) {
  const auto store = Open();
  store->Append(Record(1));
  EXPECT_TRUE(Outcome(*store, 1).ok());
  EXPECT_TRUE(store->IsOpen(1));
  EXPECT_FALSE(store->IsOpen(2));
  EXPECT_GE(disk_.syncs, 1);
}

TEST_F(DurableStoreTest, AFullDiskIsTheAnswerUntilItHasSpace) {
  const auto store = Open();
  disk_.capacity = 4;
  store->Append(Record(1));
  EXPECT_FALSE(Outcome(*store, 1).ok());
  EXPECT_FALSE(store->Health().ok());
  disk_.capacity = UINT64_MAX;
  while (!store->Health().ok()) std::this_thread::yield();
  EXPECT_TRUE(Outcome(*store, 1).ok());
}

// An answer that says that nothing can be kept must itself be sent.
TEST_F(DurableStoreTest, TicketZeroIsOpenWhileTheDiskFails) {
  const auto store = Open();
  disk_.fail_syncs = true;
  store->Append(Record(1));
  EXPECT_FALSE(Outcome(*store, 1).ok());
  EXPECT_TRUE(store->IsOpen(0));
  EXPECT_TRUE(Outcome(*store, 0).ok());
}

TEST_F(DurableStoreTest, GivesBackWhatWasSyncedAndNoHalfGroup) {
  {
    const auto store = Open();
    store->Append(Record(1));
    ASSERT_TRUE(Outcome(*store, 1).ok());
  }
  disk_.Bytes(folder_ + "/journal-00000000").append("\xc8\0\0\0torn", 8);
  std::ofstream(folder_ + "/journal-00000000");  // so that the store lists it
  const auto store = Open();
  EXPECT_EQ(state_.last_sequence(), 1u);
}

// A half-written group is the last of its file, whatever came in while it was written.
TEST_F(DurableStoreTest, SyncsAGroupBeforeTheNextIsBegun) {
  const auto store = Open();
  disk_.capacity = 4;                     // so that records pile up
  const std::string large(6 << 20, 'x');  // no two of them fit into a group
  for (uint64_t i = 1; i < 4; ++i) store->Append(EncodeCommand({.sequence = i, .body = large}));
  EXPECT_FALSE(Outcome(*store, 3).ok());
  disk_.fail_syncs = true;
  disk_.capacity = UINT64_MAX;
  while (store->Health().message() != "cannot sync") std::this_thread::yield();
  EXPECT_EQ(Groups(), 1u);
}

TEST_F(DurableStoreTest, RefusesDamageInTheMiddleOfTheLastJournalWithFileAndByte) {
  const std::string path = folder_ + "/journal-00000000";
  std::vector<uint64_t> ends;
  {
    const auto store = Open();
    for (uint64_t i = 1; i <= 3; ++i) {
      store->Append(Record(i));
      ASSERT_TRUE(Outcome(*store, i).ok());
      ends.push_back(disk_.Bytes(path).size());
    }
  }
  std::ofstream{path};  // so that the store lists it
  const std::string whole = disk_.Bytes(path);
  for (uint64_t byte = 0; byte < whole.size(); ++byte) {
    disk_.Bytes(path) = whole;
    disk_.Bytes(path)[byte] ^= 0x20;
    RecordedState state;
    const auto store = DurableStore::Open(&disk_, {.folder = folder_}, &state);
    if (byte >= ends[1]) {
      ASSERT_TRUE(store.ok()) << "the last group, as a torn one: " << store.status();
      EXPECT_EQ(state.last_sequence(), 2u);
      continue;
    }
    const uint64_t group = byte < ends[0] ? 0 : ends[0];
    ASSERT_EQ(store.status(),
              absl::DataLossError(absl::StrCat(path, " is damaged at byte ", group, " of ",
                                               whole.size(), ": restore it from a copy")));
  }
}

// After a failed sync nobody knows what the disk has: the store never claims it again.
TEST_F(DurableStoreTest, NeverTrustsADiskThatCouldNotSync) {
  const auto store = Open();
  disk_.fail_syncs = true;
  store->Append(Record(1));
  EXPECT_FALSE(Outcome(*store, 1).ok());
  disk_.fail_syncs = false;
  store->Append(Record(2));
  EXPECT_FALSE(Outcome(*store, 2).ok());
}

TEST_F(DurableStoreTest, AFolderHasOneOwner) {
  const auto store = Open();
  RecordedState other;
  const auto second = DurableStore::Open(&disk_, {.folder = folder_}, &other);
  EXPECT_TRUE(absl::IsAlreadyExists(second.status())) << second.status();
}

}  // namespace
}  // namespace weir::cosmos::emulator
