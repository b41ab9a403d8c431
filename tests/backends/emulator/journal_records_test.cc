#include "backends/cosmos/emulator/journal_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"

#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kRid[] = "container";  // of any bytes

EffectivePartitionKey KeyOf(const std::string& value) {
  return HashPartitionKey(PartitionKeyValue::String(value));
}

class JournalRecordsTest : public ::testing::Test {
 protected:
  StoredDocument& Item(LogicalPartition* logical, const std::string& id, uint64_t lsn,
                       const std::string& json = "{}") {
    StoredDocument* const item =
        StoredDocument::New(&memory_, {.id = id, .json = json, .terms = 12, .ttl = -1});
    item->set_lsn(lsn);
    item->set_timestamp(1'700'000'000);
    item->set_number((uint64_t{3} << 40) + 5);
    item->set_logical(logical);
    return *item;
  }
  LogicalPartition* Logical(const std::string& key) {
    return new (memory_.Allocate(sizeof(LogicalPartition))) LogicalPartition{.key = KeyOf(key)};
  }
  static std::string Items(uint32_t partition) {
    std::string record;
    AppendItemsHead(kRid, partition, &record);
    return record;
  }
  std::string Written(const std::string& id, uint64_t lsn, const std::string& json) {
    std::string record = Items(0);
    AppendItemWritten(Item(logical_, id, lsn, json), &record);
    return record;
  }
  std::string Deleted(const std::string& id, uint64_t lsn) {
    std::string record = Items(0);
    AppendItemDeleted(Item(logical_, id, 1), lsn, &record);
    return record;
  }

  void Apply(std::string_view record) {
    const absl::Status applied = state_.Apply(record);
    ASSERT_TRUE(applied.ok()) << applied;
  }
  RecordedState::Container& container() { return state_.containers()[kRid]; }
  const RecordedItem* Find(const std::string& id) {
    for (const auto& [name, item] : container().items) {
      if (item.id == id) return &item;
    }
    return nullptr;
  }

  ItemMemory items_;
  BlockMemory memory_{&items_};
  LogicalPartition* const logical_ = Logical("a");
  RecordedState state_;
};

TEST_F(JournalRecordsTest, ACommandComesBackAsItWas) {
  const RecordedCommand command{
      .sequence = 300,
      .unix_seconds = 1'700'000'000,
      .next_database = 7,
      .next_container = 0xFFFFFFFF,
      .method = "POST",
      .path = "/dbs/a%20b/colls",
      .body = std::string("{\"id\":\"\xc3\xa9\0\"}", 12),
      .headers = {{"x-ms-offer-throughput", "400"}, {"empty", ""}},
  };
  Apply(EncodeCommand(command));
  ASSERT_EQ(state_.commands().size(), 1u);
  const RecordedCommand& read = state_.commands()[0];
  EXPECT_EQ(read.sequence, command.sequence);
  EXPECT_EQ(read.unix_seconds, command.unix_seconds);
  EXPECT_EQ(read.next_database, command.next_database);
  EXPECT_EQ(read.next_container, command.next_container);
  EXPECT_EQ(read.method, command.method);
  EXPECT_EQ(read.path, command.path);
  EXPECT_EQ(read.body, command.body);
  EXPECT_THAT(read.headers, ElementsAre(Pair("x-ms-offer-throughput", "400"), Pair("empty", "")));
}

// A snapshot and the journal behind it may hold the same command.
TEST_F(JournalRecordsTest, ACommandThatIsReadTwiceCountsOnce) {
  for (const uint64_t sequence : {1, 2, 2, 1, 3}) Apply(EncodeCommand({.sequence = sequence}));
  EXPECT_EQ(state_.commands().size(), 3u);
  EXPECT_EQ(state_.last_sequence(), 3u);
}

TEST_F(JournalRecordsTest, ATableComesBackAndALaterOneKnowsMore) {
  const EffectivePartitionKey middle = EvenBound(1, 2);
  Apply(EncodeTable(kRid, {{.low = {}, .high = EndOfKeySpace(), .lsn = 90, .next_number = 40}}));
  Apply(EncodeTable(kRid, {{.low = {}, .high = EndOfKeySpace(), .lsn = 80, .next_number = 41},
                           {.low = {}, .high = middle, .parents = {0}, .lsn = 80},
                           {.low = middle, .high = EndOfKeySpace(), .parents = {0, 300}}}));
  const auto& partitions = container().partitions;
  ASSERT_EQ(partitions.size(), 3u);
  EXPECT_EQ(partitions[0].lsn, 90u) << "what was counted since stays";
  EXPECT_EQ(partitions[0].next_number, 41u);
  EXPECT_EQ(partitions[1].high, middle);
  EXPECT_THAT(partitions[2].parents, ElementsAre(0, 300));
  // An earlier one, read later.
  Apply(EncodeTable(kRid, {{.low = {}, .high = EndOfKeySpace(), .lsn = 10}}));
  EXPECT_EQ(container().partitions.size(), 3u);
  EXPECT_EQ(container().partitions[0].lsn, 90u);
}

TEST_F(JournalRecordsTest, AnItemComesBackAsItWas) {
  Apply(Written("id", 200, "{\"v\":1}"));
  const RecordedItem* item = Find("id");
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->key, KeyOf("a"));
  EXPECT_EQ(item->json, "{\"v\":1}");
  EXPECT_EQ(item->number, (uint64_t{3} << 40) + 5);
  EXPECT_EQ(item->lsn, 200u);
  EXPECT_EQ(item->timestamp, 1'700'000'000u);
  EXPECT_EQ(item->terms, 12u);
  EXPECT_EQ(item->ttl, -1);
  ASSERT_EQ(container().partitions.size(), 1u);
  EXPECT_EQ(container().partitions[0].lsn, 200u);
}

TEST_F(JournalRecordsTest, TheWriteWithTheGreatestLsnCountsInWhateverOrder) {
  Apply(Written("id", 5, "new"));
  Apply(Written("id", 4, "old"));
  EXPECT_EQ(Find("id")->json, "new");
  Apply(Deleted("id", 3));
  EXPECT_NE(Find("id"), nullptr) << "deleted before it was written anew";
  Apply(Deleted("id", 6));
  EXPECT_EQ(Find("id"), nullptr);
  EXPECT_EQ(container().partitions[0].lsn, 6u);
  Apply(Written("id", 7, "again"));
  EXPECT_EQ(Find("id")->json, "again");
}

TEST_F(JournalRecordsTest, ItemsOfOneIdAreApartByTheirKey) {
  LogicalPartition* const other = Logical("b");
  std::string record = Items(2);
  AppendItemWritten(Item(logical_, "id", 1, "a"), &record);
  AppendItemWritten(Item(other, "id", 2, "b"), &record);
  AppendItemDeleted(Item(logical_, "id", 1), 3, &record);
  Apply(record);
  ASSERT_EQ(container().items.size(), 1u);
  EXPECT_EQ(container().items.begin()->second.key, KeyOf("b"));
  EXPECT_EQ(container().partitions.size(), 3u) << "0 … 2";
}

TEST_F(JournalRecordsTest, EveryRecordThatBreaksOffIsRefusedOrAsIfItEndedThere) {
  std::string items = Written("first", 1, "{}");
  const size_t whole = items.size();
  AppendItemDeleted(Item(logical_, "first", 1), 2, &items);
  const std::string command =
      EncodeCommand({.sequence = 1, .method = "PUT", .path = "/", .headers = {{"name", "value"}}});
  for (const std::string& record : {items, command}) {
    for (size_t size = 0; size < record.size(); ++size) {
      RecordedState state;
      const absl::Status applied = state.Apply(record.substr(0, size));
      const bool between = record == items ? size == whole || size == Items(0).size()
                                           : size + 11 == record.size();  // without the header
      EXPECT_EQ(applied.ok(), between) << size << " of " << record.size() << ": " << applied;
      EXPECT_EQ(absl::IsDataLoss(applied), !between);
    }
  }
  EXPECT_TRUE(absl::IsDataLoss(state_.Apply("?")));
  EXPECT_TRUE(absl::IsDataLoss(state_.Apply("")));
}

// Behind a checksum that holds nothing is damaged; all the same no bytes do harm.
TEST_F(JournalRecordsTest, SurvivesDamagedBytes) {
  const std::string table = EncodeTable(
      kRid, {{.low = {}, .high = EndOfKeySpace(), .parents = {1, 2}, .lsn = 9, .next_number = 3}});
  const std::string records[] = {EncodeCommand({.sequence = 1, .method = "PUT", .path = "/"}),
                                 table, Written("id", 1, "{}"), Deleted("id", 2)};
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    DrawStream draws(seed, 9);
    std::string record = records[draws.Below(4)];
    for (uint64_t flips = 1 + draws.Below(4); flips > 0; --flips) {
      record[draws.Below(record.size())] = static_cast<char>(draws.Below(256));
    }
    RecordedState state;
    (void)state.Apply(record);
  }
}

}  // namespace
}  // namespace weir::cosmos::emulator
