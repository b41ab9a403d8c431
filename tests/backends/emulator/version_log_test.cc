#include "backends/cosmos/emulator/version_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::cosmos::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = ItemVersion::Kind;

class VersionLogTest : public ::testing::Test {
 protected:
  // A key on the left or the right of the middle of all.
  static EffectivePartitionKey KeyAt(const char* hex) {
    return *EffectivePartitionKey::FromHex(hex);
  }
  StoredDocument& Item(const std::string& id, uint64_t lsn, uint32_t unix_seconds,
                       const std::string& json = "{}") {
    StoredDocument* const item =
        StoredDocument::New(&memory_, {.id = id, .json = json, .terms = 7, .ttl = -1});
    item->set_lsn(lsn);
    item->set_timestamp(unix_seconds);
    item->set_number(40);
    item->set_logical(left_);
    return *item;
  }
  static std::string Json(const StoredDocument* document) {
    std::string json;
    if (document != nullptr) document->AppendJson(&json);
    return json;
  }
  LogicalPartition* Logical(const char* hex) {
    return new (memory_.Allocate(sizeof(LogicalPartition))) LogicalPartition{.key = KeyAt(hex)};
  }
  static std::vector<uint64_t> Lsns(const VersionLog& log) {
    std::vector<uint64_t> lsns;
    for (const ItemVersion& version : log.versions()) lsns.push_back(version.lsn);
    return lsns;
  }

  ItemMemory items_;
  BlockMemory memory_{&items_};
  LogicalPartition* const left_ = Logical("20");
  LogicalPartition* const right_ = Logical("30");
  VersionLog log_{10, &memory_};
};

TEST_F(VersionLogTest, KeepsBothImagesOfEveryChange) {
  log_.Created(Item("a", 11, 100, "one"));
  log_.Replaced(Item("a", 12, 101, "two"), Item("a", 11, 100, "one"));
  log_.Deleted(Item("a", 12, 101, "two"), 13, 102, /*expired=*/true);
  ASSERT_EQ(log_.versions().size(), 3u);
  const ItemVersion& created = log_.versions()[0];
  EXPECT_EQ(created.kind, Kind::kCreate);
  EXPECT_EQ(Json(created.current), "one");
  EXPECT_EQ(Json(created.previous), "");
  EXPECT_EQ(created.key, left_->key);
  const ItemVersion& replaced = log_.versions()[1];
  EXPECT_EQ(replaced.kind, Kind::kReplace);
  EXPECT_EQ(Json(replaced.current), "two");
  EXPECT_EQ(Json(replaced.previous), "one");
  EXPECT_EQ(replaced.previous->lsn(), 11u);
  const ItemVersion& deleted = log_.versions()[2];
  EXPECT_EQ(deleted.kind, Kind::kDelete);
  EXPECT_TRUE(deleted.has_expired);
  EXPECT_EQ(deleted.lsn, 13u) << "of the delete, not of the item";
  EXPECT_EQ(deleted.unix_seconds, 102u);
  EXPECT_EQ(Json(deleted.current), "");
  EXPECT_EQ(deleted.previous->Id(), "a");
}

TEST_F(VersionLogTest, ACopyHasTheTextAndNoLinks) {
  log_.Created(Item("a", 11, 100, "one"));
  const StoredDocument& copy = *log_.versions()[0].current;
  EXPECT_EQ(Json(&copy), "one");
  EXPECT_EQ(copy.terms(), 7u);
  EXPECT_EQ(copy.ttl(), -1);
  EXPECT_EQ(copy.number(), 40u);
  EXPECT_EQ(copy.logical(), nullptr);
}

TEST_F(VersionLogTest, IsReadFromWhereAReaderStopped) {
  for (const uint64_t lsn : {11, 12, 15}) log_.Created(Item("a", lsn, 100));
  EXPECT_EQ(log_.complete_after(), 10u);
  EXPECT_EQ(log_.FirstAfter(10)->lsn, 11u);
  EXPECT_EQ(log_.FirstAfter(12)->lsn, 15u);
  EXPECT_EQ(log_.FirstAfter(13)->lsn, 15u);
  EXPECT_EQ(log_.FirstAfter(15), log_.versions().end());
}

TEST_F(VersionLogTest, ABatchThatIsTakenBackLeavesNothing) {
  for (const uint64_t lsn : {11, 12, 13}) log_.Created(Item("a", lsn, 100));
  log_.DropAfter(11);
  EXPECT_THAT(Lsns(log_), ElementsAre(11));
  EXPECT_EQ(log_.complete_after(), 10u) << "nothing is missing";
  log_.DropAfter(10);
  EXPECT_THAT(Lsns(log_), IsEmpty());
}

TEST_F(VersionLogTest, WhatItsRetentionTookIsMissedByReadersThatHadNotSeenIt) {
  log_.Created(Item("a", 11, 100));
  log_.Created(Item("b", 12, 101));
  log_.Created(Item("c", 13, 102));
  log_.DropBefore(100);
  EXPECT_EQ(log_.complete_after(), 10u);
  log_.DropBefore(102);
  EXPECT_THAT(Lsns(log_), ElementsAre(13));
  EXPECT_EQ(log_.complete_after(), 12u);
}

TEST_F(VersionLogTest, ASplitGivesEachChildItsPart) {
  for (const uint64_t lsn : {11, 12, 13, 14}) {
    StoredDocument& item = Item("a", lsn, 100);
    item.set_logical(lsn % 2 == 0 ? left_ : right_);
    log_.Created(item);
  }
  log_.DropBefore(100);
  VersionLog left(0, &memory_);
  VersionLog right(0, &memory_);
  log_.MoveInto(&left, &right, right_->key);
  EXPECT_THAT(Lsns(left), ElementsAre(12, 14));
  EXPECT_THAT(Lsns(right), ElementsAre(11, 13)) << "the bound is the right one's";
  EXPECT_THAT(Lsns(log_), IsEmpty());
  EXPECT_EQ(left.complete_after(), 10u);
  EXPECT_EQ(right.complete_after(), 10u);
}

}  // namespace
}  // namespace weir::cosmos::emulator
