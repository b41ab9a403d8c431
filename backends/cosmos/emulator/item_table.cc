#include "backends/cosmos/emulator/item_table.h"

#include <algorithm>

#include "base/check.h"

namespace weir::cosmos::emulator {

ItemTable::~ItemTable() { Clear(); }

// Small ones come from the heap: many containers hold only a few items.
ItemTable::Shard ItemTable::NewShard(uint32_t capacity, uint32_t depth) {
  Shard shard{nullptr, capacity, 0, depth};
  shard.entries = capacity < kHalf ? new Entry[capacity + kSpill]()
                                   : reinterpret_cast<Entry*>(memory_->Take(BytesOf(capacity)));
  return shard;
}

void ItemTable::FreeEntries(const Shard& shard) {
  if (shard.capacity < kHalf) {
    delete[] shard.entries;
  } else {
    memory_->Give(reinterpret_cast<char*>(shard.entries), BytesOf(shard.capacity));
  }
}

void ItemTable::Clear() {
  for (const Shard& shard : shards_) FreeEntries(shard);
  shards_.clear();
  directory_.clear();
  depth_ = 0;
  size_ = 0;
}

// False when it is full towards its end.
bool ItemTable::Put(const Entry& entry, Shard* shard) {
  Entry* const last = shard->entries + shard->capacity + kSpill - 1;
  Entry* at = shard->entries + Home(entry.hash, *shard);
  while (at->ref != 0 && at->hash <= entry.hash) ++at;
  Entry* empty = at;
  while (empty->ref != 0) ++empty;
  if (empty >= last) return false;
  std::move_backward(at, empty, empty + 1);
  *at = entry;
  ++shard->size;
  return true;
}

ItemTable::Shard ItemTable::Refilled(const Shard& from, uint32_t capacity, uint32_t depth,
                                     uint32_t low, uint32_t high) {
  for (;; capacity = std::min(2 * capacity, kWhole)) {
    Shard shard = NewShard(capacity, depth);
    Entry* next = shard.entries;
    Entry* const last = shard.entries + capacity + kSpill - 1;
    const Entry* const end = from.entries + from.capacity + kSpill;
    bool fits = true;
    for (const Entry* at = from.entries; at != end && fits; ++at) {
      if (at->ref == 0 || at->hash < low || at->hash > high) continue;
      next = std::max(next, shard.entries + Home(at->hash, shard));
      fits = next < last;
      if (!fits) break;
      *next++ = *at;
      ++shard.size;
    }
    if (fits) return shard;
    FreeEntries(shard);
    WEIR_CHECK(capacity < kWhole);  // hashes that are alike beyond all chance
  }
}

void ItemTable::Split(uint32_t hash) {
  const uint32_t number = directory_[IndexOf(hash)];
  const Shard old = shards_[number];
  WEIR_CHECK(old.depth < kMaxDepth);
  if (old.depth == depth_) {
    std::vector<uint32_t> doubled(2 * directory_.size());
    for (size_t i = 0; i < doubled.size(); ++i) doubled[i] = directory_[i / 2];
    directory_ = std::move(doubled);
    ++depth_;
  }
  const uint32_t width = 32 - old.depth;
  const uint32_t below = width == 32 ? ~uint32_t{0} : (uint32_t{1} << width) - 1;
  const uint32_t low = hash & ~below;
  const uint32_t middle = low | (uint32_t{1} << (width - 1));
  shards_[number] = Refilled(old, kHalf, old.depth + 1, low, middle - 1);
  shards_.push_back(Refilled(old, kHalf, old.depth + 1, middle, low | below));
  FreeEntries(old);
  const auto made = static_cast<uint32_t>(shards_.size() - 1);
  const size_t end = IndexOf(low | below) + 1;
  for (size_t i = IndexOf(middle); i < end; ++i) directory_[i] = made;
}

void ItemTable::MakeRoom(uint32_t hash) {
  Shard& shard = shards_[directory_[IndexOf(hash)]];
  if (shard.capacity == kWhole) return Split(hash);
  const uint32_t capacity = shard.capacity == kHalf      ? kWhole
                            : 2 * shard.capacity < kHalf ? 2 * shard.capacity
                                                         : kHalf;
  const Shard grown = Refilled(shard, capacity, shard.depth, 0, ~uint32_t{0});
  FreeEntries(shard);
  shard = grown;
}

void ItemTable::Insert(uint64_t hash, const StoredDocument* document) {
  if (shards_.empty()) {
    shards_.push_back(NewShard(kLeast, 0));
    directory_.assign(1, 0);
  }
  const Entry entry{Upper(hash), ItemMemory::RefOf(document)};
  for (;;) {
    Shard& shard = shards_[directory_[IndexOf(entry.hash)]];
    if (5 * shard.size < 4 * shard.capacity && Put(entry, &shard)) break;
    MakeRoom(entry.hash);
  }
  ++size_;
}

ItemTable::Entry* ItemTable::EntryOf(uint64_t hash, const StoredDocument* document) {
  if (size_ == 0) return nullptr;
  const uint32_t wanted = Upper(hash);
  const BlockRef ref = ItemMemory::RefOf(document);
  const Shard& shard = ShardOf(wanted);
  Entry* at = shard.entries + Home(wanted, shard);
  while (at->ref != 0 && at->ref != ref) ++at;
  return at->ref == 0 ? nullptr : at;
}

void ItemTable::Replace(uint64_t hash, const StoredDocument* document, const StoredDocument* by) {
  if (Entry* entry = EntryOf(hash, document)) entry->ref = ItemMemory::RefOf(by);
}

void ItemTable::Erase(uint64_t hash, const StoredDocument* document) {
  Entry* at = EntryOf(hash, document);
  if (at == nullptr) return;
  Shard& shard = shards_[directory_[IndexOf(Upper(hash))]];
  for (Entry* next = at + 1; next->ref != 0 && shard.entries + Home(next->hash, shard) < next;
       ++at, ++next) {
    *at = *next;
  }
  *at = {};
  --shard.size;
  --size_;
}

}  // namespace weir::cosmos::emulator
