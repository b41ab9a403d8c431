#include "backends/cosmos/emulator/change_order.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "backends/cosmos/emulator/stored_document.h"
#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

std::vector<uint64_t> Lsns(const ChangeOrder& order, uint64_t after) {
  std::vector<uint64_t> lsns;
  for (auto* at = order.FirstAfter(after); at != nullptr; at = ChangeOrder::Next(at)) {
    lsns.push_back(at->body.lsn);
  }
  return lsns;
}

// Writes, takes back and deletes at random, and compares with an ordered map.
TEST(ChangeOrder, WalksItemsByTheirLastWrites) {
  constexpr int kItems = 300;
  std::vector<std::unique_ptr<StoredDocument>> items;
  for (uint64_t i = 0; i < kItems; ++i) {
    items.push_back(std::make_unique<StoredDocument>());
    items.back()->hash = Draw(7, i);
  }
  ChangeOrder order;
  std::map<uint64_t, StoredDocument*> expected;
  uint64_t lsn = 0;
  for (uint64_t step = 0; step < 20'000; ++step) {
    StoredDocument* item = items[Draw(11, step) % kItems].get();
    const uint64_t before = item->body.lsn;
    if (before != 0) {
      order.Erase(item);
      expected.erase(before);
      item->body.lsn = 0;
    }
    const uint64_t what = Draw(13, step) % 8;
    if (what == 0) continue;  // deleted
    if (what == 1 && before == 0) continue;
    item->body.lsn = what == 1 ? before : ++lsn;  // rolled back, or written
    order.Insert(item);
    expected[item->body.lsn] = item;
    if (step % 500 != 0) continue;
    const uint64_t after = Draw(17, step) % (lsn + 1);
    std::vector<uint64_t> wanted;
    for (auto at = expected.upper_bound(after); at != expected.end(); ++at) {
      wanted.push_back(at->first);
    }
    ASSERT_EQ(Lsns(order, after), wanted) << "at step " << step;
  }
  EXPECT_GT(expected.size(), 100U);
}

TEST(ChangeOrder, FindsTheFirstItemOfASecond) {
  ChangeOrder order;
  std::vector<std::unique_ptr<StoredDocument>> items;
  for (uint64_t i = 1; i <= 9; ++i) {
    items.push_back(std::make_unique<StoredDocument>());
    items.back()->hash = Draw(3, i);
    items.back()->body.lsn = i;
    items.back()->body.timestamp = static_cast<uint32_t>(100 + i / 3);
    order.Insert(items.back().get());
  }
  EXPECT_EQ(order.FirstSince(0)->body.lsn, 1U);
  EXPECT_EQ(order.FirstSince(101)->body.lsn, 3U);
  EXPECT_EQ(order.FirstSince(103)->body.lsn, 9U);
  EXPECT_EQ(order.FirstSince(104), nullptr);
}

}  // namespace
}  // namespace weir::cosmos::emulator
