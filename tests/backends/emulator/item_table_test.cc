#include "backends/cosmos/emulator/item_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/stored_document.h"
#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

class ItemTableTest : public ::testing::Test {
 protected:
  StoredDocument* Item(uint64_t number) {
    StoredDocument* item =
        StoredDocument::New(&memory_, {.id = absl::StrCat(number), .json = "{}"});
    item->set_number(number);
    return item;
  }
  StoredDocument* Find(uint64_t hash, uint64_t number) const {
    return table_.Find(hash, [&](const StoredDocument& it) { return it.number() == number; });
  }

  ItemMemory items_;
  BlockMemory memory_{&items_};
  ItemTable table_{&items_};
};

// Far more than one shard holds, with deletions in between.
TEST_F(ItemTableTest, FindsWhatIsThereAndNothingElse) {
  constexpr uint64_t kItems = 100'000;
  std::vector<StoredDocument*> there(kItems, nullptr);
  for (uint64_t i = 0; i < kItems; ++i) {
    there[i] = Item(i);
    table_.Insert(Draw(3, i), there[i]);
    if (Draw(4, i) % 3 != 0) continue;
    const uint64_t gone = Draw(5, i) % (i + 1);
    if (there[gone] == nullptr) continue;
    table_.Erase(Draw(3, gone), there[gone]);
    there[gone] = nullptr;
  }
  size_t left = 0;
  for (uint64_t i = 0; i < kItems; ++i) {
    ASSERT_EQ(Find(Draw(3, i), i), there[i]) << i;
    left += there[i] == nullptr ? 0 : 1;
  }
  EXPECT_EQ(table_.size(), left);
  EXPECT_EQ(Find(Draw(3, kItems), kItems), nullptr);
  table_.Clear();
  EXPECT_EQ(Find(Draw(3, 0), 0), nullptr);
}

// Items with one hash are told apart by what they are.
TEST_F(ItemTableTest, KeepsItemsOfOneHashApart) {
  constexpr uint64_t kHash = ~uint64_t{0};  // the last place of the last shard
  std::vector<StoredDocument*> made;
  for (uint64_t i = 0; i < 20; ++i) {
    made.push_back(Item(i));
    table_.Insert(kHash - (i % 2), made.back());
  }
  for (uint64_t i = 20; i < 20'000; ++i) table_.Insert(Draw(9, i), Item(i));
  for (uint64_t i = 0; i < 20; ++i) EXPECT_EQ(Find(kHash - (i % 2), i), made[i]);
  StoredDocument* const other = Item(7);
  table_.Replace(kHash - 1, made[7], other);
  EXPECT_EQ(Find(kHash - 1, 7), other);
  for (uint64_t i = 0; i < 20; i += 2) table_.Erase(kHash, made[i]);
  for (uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(Find(kHash - (i % 2), i) != nullptr, i % 2 == 1);
  }
}

}  // namespace
}  // namespace weir::cosmos::emulator
