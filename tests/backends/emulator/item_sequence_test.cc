#include "backends/cosmos/emulator/item_sequence.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "backends/cosmos/emulator/stored_document.h"
#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

class ItemSequenceTest : public ::testing::Test {
 protected:
  StoredDocument* Item(uint64_t number, uint32_t unix_seconds = 0) {
    StoredDocument* item = StoredDocument::New(&memory_, {.id = "a", .json = "{}"});
    item->set_number(number);
    item->set_timestamp(unix_seconds);
    return item;
  }
  static std::vector<uint64_t> Numbers(ItemSequence::Walk walk) {
    std::vector<uint64_t> numbers;
    while (const StoredDocument* item = walk.Next()) numbers.push_back(item->number());
    return numbers;
  }

  ItemMemory items_;
  BlockMemory memory_{&items_};
  ItemSequence sequence_{&items_};
};

// Appends, jumps, puts back and erases at random, and compares with an ordered map.
TEST_F(ItemSequenceTest, IsAnOrderedMap) {
  std::map<uint64_t, StoredDocument*> expected;
  uint64_t greatest = 0;
  for (uint64_t step = 0; step < 60'000; ++step) {
    const uint64_t what = Draw(11, step) % 16;
    uint64_t number = 1 + Draw(12, step) % (greatest + 1);
    if (what < 8) number = ++greatest;
    if (what == 8) number = greatest += Draw(13, step) % 40;
    if (what == 9 && step % 64 == 0) number = greatest += uint64_t{1} << 40;
    const bool erases = what > 9;
    if (erases) {
      sequence_.Erase(number);
      expected.erase(number);
    } else {
      StoredDocument* item = Item(number);
      sequence_.Set(number, item);
      expected[number] = item;
    }
    ASSERT_EQ(sequence_.size(), expected.size());
    const auto found = expected.find(number);
    ASSERT_EQ(sequence_.Find(number), found == expected.end() ? nullptr : found->second);
    if (step % 2000 != 0) continue;
    const uint64_t after = step % 4000 == 0 ? 0 : Draw(17, step) % (greatest + 1);
    std::vector<uint64_t> wanted;
    for (auto at = expected.upper_bound(after); at != expected.end(); ++at) {
      wanted.push_back(at->first);
    }
    ASSERT_EQ(Numbers(sequence_.After(after)), wanted) << "at step " << step;
  }
  EXPECT_GT(expected.size(), 1000U);
  sequence_.Clear();
  EXPECT_TRUE(Numbers(sequence_.All()).empty());
}

// As when every item is written again and again: what is left behind does not pile up.
TEST_F(ItemSequenceTest, FewItemsOfManyNumbersStayInOrder) {
  constexpr uint64_t kItems = 64;
  std::map<uint64_t, uint64_t> number_of;
  for (uint64_t number = 1; number <= 300'000; ++number) {
    const uint64_t item = Draw(5, number) % kItems;
    if (number_of.count(item) != 0) sequence_.Erase(number_of[item]);
    number_of[item] = number;
    sequence_.Set(number, Item(number));
  }
  std::vector<uint64_t> wanted;
  std::map<uint64_t, uint64_t> in_order;
  for (const auto& [item, number] : number_of) in_order[number] = item;
  for (const auto& [number, item] : in_order) wanted.push_back(number);
  EXPECT_EQ(Numbers(sequence_.All()), wanted);
}

TEST_F(ItemSequenceTest, FindsTheFirstItemOfASecond) {
  for (uint64_t i = 1; i <= 9'000; ++i) {
    sequence_.Set(i, Item(i, static_cast<uint32_t>(100 + i / 1'000)));
  }
  sequence_.Erase(3'000);
  const auto since = [&](uint32_t second) {
    return Numbers(sequence_.FirstWhere(
        [second](const StoredDocument& item) { return item.timestamp() >= second; }));
  };
  EXPECT_EQ(since(0).front(), 1U);
  EXPECT_EQ(since(101).front(), 1'000U);
  EXPECT_EQ(since(103).front(), 3'001U);
  EXPECT_EQ(since(109).front(), 9'000U);
  EXPECT_TRUE(since(110).empty());
}

}  // namespace
}  // namespace weir::cosmos::emulator
