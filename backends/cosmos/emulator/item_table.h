// Finds the items of a partition by a hash of partition key and id. About 12 bytes an item, and no
// growth that moves more than one shard: a table that doubles would touch all of its new memory at
// once. The owner's mutex.
//
// Extendible hashing (Fagin, Nievergelt, Pippenger, Strong, 1979) over shards with linear probing,
// in which entries stand in the order of their hashes, so that a shard splits and grows by one
// walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backends/cosmos/emulator/block_memory.h"

namespace weir::cosmos::emulator {

class StoredDocument;

class ItemTable {
 public:
  explicit ItemTable(ItemMemory* memory) : memory_(memory) {}
  ~ItemTable();
  ItemTable(const ItemTable&) = delete;
  ItemTable& operator=(const ItemTable&) = delete;

  // The item with this hash of which is_it(item) holds; null when there is none.
  template <typename IsIt>
  StoredDocument* Find(uint64_t hash, IsIt is_it) const {
    if (size_ == 0) return nullptr;
    const uint32_t wanted = Upper(hash);
    const Shard& shard = ShardOf(wanted);
    for (const Entry* at = shard.entries + Home(wanted, shard); at->ref != 0; ++at) {
      if (at->hash > wanted) return nullptr;
      if (at->hash != wanted) continue;
      StoredDocument* document = memory_->At<StoredDocument>(at->ref);
      if (is_it(*document)) return document;
    }
    return nullptr;
  }

  // Brings what Find will look at into the cache.
  void Prefetch(uint64_t hash) const {
    if (size_ == 0) return;
    const uint32_t wanted = Upper(hash);
    const Shard& shard = ShardOf(wanted);
    const Entry* const home = shard.entries + Home(wanted, shard);
    __builtin_prefetch(home);
    __builtin_prefetch(home + 64 / sizeof(Entry));
  }

  void Insert(uint64_t hash, const StoredDocument* document);
  void Erase(uint64_t hash, const StoredDocument* document);
  // The same hash.
  void Replace(uint64_t hash, const StoredDocument* document, const StoredDocument* by);
  void Clear();
  size_t size() const { return size_; }

 private:
  struct Entry {
    uint32_t hash;
    BlockRef ref;  // 0: empty
  };
  // `capacity` places for homes, and as many again as an entry may stand behind its own; the last
  // is always empty.
  struct Shard {
    Entry* entries = nullptr;
    uint32_t capacity = 0;
    uint32_t size = 0;
    uint32_t depth = 0;  // of its hashes, so many first bits are the same
  };
  static constexpr uint32_t kSpill = 64;
  static constexpr uint32_t kLeast = 16;
  static constexpr uint32_t kHalf = 2752;  // of a shard that was split
  static constexpr uint32_t kWhole = 4096;
  static constexpr uint32_t kMaxDepth = 20;

  static uint32_t Upper(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  static size_t BytesOf(uint32_t capacity) {
    return (sizeof(Entry) * (capacity + kSpill) + 15) / 16 * 16;
  }
  // The first place where an entry of this hash may stand.
  static size_t Home(uint32_t hash, const Shard& shard) {
    const uint32_t rest = shard.depth == 0 ? hash : hash << shard.depth;
    return (uint64_t{rest} * shard.capacity) >> 32;
  }
  size_t IndexOf(uint32_t hash) const { return depth_ == 0 ? 0 : hash >> (32 - depth_); }
  const Shard& ShardOf(uint32_t hash) const { return shards_[directory_[IndexOf(hash)]]; }

  Shard NewShard(uint32_t capacity, uint32_t depth);
  void FreeEntries(const Shard& shard);
  static bool Put(const Entry& entry, Shard* shard);
  // A shard with those of `from` whose hashes are in [low, high].
  Shard Refilled(const Shard& from, uint32_t capacity, uint32_t depth, uint32_t low, uint32_t high);
  void MakeRoom(uint32_t hash);
  void Split(uint32_t hash);
  Entry* EntryOf(uint64_t hash, const StoredDocument* document);  // null when there is none

  ItemMemory* const memory_;
  std::vector<Shard> shards_;
  std::vector<uint32_t> directory_;  // by the first depth_ bits of a hash
  uint32_t depth_ = 0;
  size_t size_ = 0;
};

}  // namespace weir::cosmos::emulator
