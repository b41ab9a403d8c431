// One physical partition: its share of the key space, its items, their indexes and its throughput.
// Everything below `mutex` needs the mutex held.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "backends/cosmos/emulator/block_memory.h"
#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/container_definition.h"
#include "backends/cosmos/emulator/document.h"
#include "backends/cosmos/emulator/equality_index.h"
#include "backends/cosmos/emulator/expiry_queue.h"
#include "backends/cosmos/emulator/item_sequence.h"
#include "backends/cosmos/emulator/item_table.h"
#include "backends/cosmos/emulator/partition_journal.h"
#include "backends/cosmos/emulator/stored_document.h"
#include "backends/cosmos/emulator/throughput_budget.h"
#include "backends/cosmos/emulator/unique_keys.h"
#include "backends/cosmos/emulator/version_log.h"

namespace weir::cosmos::emulator {

struct KeyRange {
  EffectivePartitionKey low;   // inclusive
  EffectivePartitionKey high;  // exclusive
  bool Contains(const EffectivePartitionKey& key) const { return low <= key && key < high; }
};

// Values of if-match and if-none-match; empty when not sent.
struct Conditions {
  std::string_view if_match;
  std::string_view if_none_match;
};

// What became of an operation on one item, in the words of HTTP.
struct ItemOutcome {
  int status = 0;
  CentiRu charge = 0;
  const StoredDocument* document = nullptr;  // as it is now; null when there is none to show
  std::string_view message = {};             // what is said of a refusal, if not what is usual
  int substatus = 0;                         // of a refusal
};

// What a container tells its partitions. All of it lives as long as the container.
struct PartitionSettings {
  const ContainerDefinition* definition;
  const ChargeModel* charges;
  const SystemProperties* properties;
  ItemMemory* memory;  // of all its items, with their shapes
};

class Partition {
 public:
  enum class State : uint8_t {
    kOnline,
    kCompletingSplit,  // about to be split: serves by key, no longer by id
    kGone,             // was split: empty, its children have the items
  };

  // parents: the ids of the partitions it came from, the oldest first.
  Partition(uint32_t id, KeyRange range, std::vector<uint32_t> parents, CentiRu per_second,
            const PartitionSettings& settings);
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  uint32_t id() const { return id_; }
  const KeyRange& range() const { return range_; }
  const std::vector<uint32_t>& parents() const { return parents_; }
  std::mutex& mutex() { return mutex_; }
  // The mutex held and expired items removed: how every request on items begins.
  std::unique_lock<std::mutex> Lock() {
    std::unique_lock lock(mutex_);
    RemoveExpired();
    return lock;
  }

  State state() const { return state_; }
  void set_state(State state) { state_ = state; }

  // Moves all items, with number, order, etag and sequence number, to the child whose range has
  // their key. The children are new and nobody else sees them. Leaves this one empty and gone.
  void SplitInto(Partition* left, Partition* right);

  ThroughputBudget& budget() { return budget_; }

  // Operations on items. They do not look at the budget and spend nothing: the caller does.
  // `replaces` of a document is read with its terms (DocumentReader, want_terms).
  ItemOutcome Create(const EffectivePartitionKey& key, const DocumentView& document);
  ItemOutcome Upsert(const EffectivePartitionKey& key, const DocumentView& document,
                     const Conditions& conditions);
  ItemOutcome Replace(const EffectivePartitionKey& key, std::string_view id,
                      const DocumentView& document, const Conditions& conditions);
  // Replaces it by what `edit` makes of it, if that has the status 200.
  struct EditedItem {
    int status;
    const DocumentView* document;
  };
  ItemOutcome Edit(const EffectivePartitionKey& key, std::string_view id,
                   const Conditions& conditions,
                   const std::function<EditedItem(const StoredDocument&)>& edit);
  ItemOutcome Delete(const EffectivePartitionKey& key, std::string_view id,
                     const Conditions& conditions);
  // Deletes all items of the key, at nobody's expense.
  void DeleteLogical(const EffectivePartitionKey& key);
  ItemOutcome Read(const EffectivePartitionKey& key, std::string_view id,
                   const Conditions& conditions, bool strong) const;

  // Removes the items whose time to live is over, at nobody's expense. now: seconds since 1970.
  void RemoveExpired(uint32_t now);

  // What it holds after a restart: `items` in the order of their numbers, none of them known yet.
  void Restore(const std::vector<RecordedItem>& items, uint64_t lsn, uint64_t next_number);
  // From now on its writes go to the sink as well.
  void RecordTo(JournalSink* sink, const std::string& container_rid_bytes);
  bool is_recorded() const { return journal_.has_value(); }
  uint64_t next_number() const { return next_number_; }

  // The container was replaced: counts anew what its policy indexes of every item.
  void Redefine(const ContainerDefinition& definition);

  // Between Begin and Commit or RollBack, writes can be undone. Not nested.
  void Begin();
  void Commit();
  void RollBack();

  // For queries, in the order of creation.
  const LogicalPartition* FindLogical(const EffectivePartitionKey& key) const;
  const StoredDocument* FindItem(const EffectivePartitionKey& key, std::string_view id) const {
    return Find(MakeItemKey(key, id));
  }
  // Brings what finding it needs into the cache.
  void Prefetch(const EffectivePartitionKey& key, std::string_view id) const {
    items_.Prefetch(MakeItemKey(key, id).hash);
  }
  // Items with number > after.
  ItemSequence::Walk ItemsAfter(uint64_t after) const { return made_.After(after); }
  // Items whose scalar at the path equals the value, makes the index on first use.
  const std::vector<const StoredDocument*>& FindEqual(const PropertyPath& path,
                                                      const PartitionKeyValue& value);

  // Its items by their last writes: those with a greater LSN, or from the first that was written in
  // this second or later, as far as the clock never went back.
  ItemSequence::Walk ChangesAfter(uint64_t lsn) const { return changes_.After(lsn); }
  ItemSequence::Walk ChangesSince(int64_t unix_seconds) const;

  // Every version within the retention of the container; null when it asks for none.
  const VersionLog* versions();

  std::string Etag(const StoredDocument& document) const;
  uint64_t lsn() const { return lsn_; }
  size_t documents() const { return items_.size(); }
  uint64_t bytes() const { return bytes_; }

 private:
  static constexpr int kIdShift = 40;  // of numbers: the partition's id in the bits above

  void RemoveExpired();

  struct ItemKey {
    const EffectivePartitionKey* key;
    std::string_view id;
    uint64_t hash;
  };
  struct LogicalHash {
    using is_transparent = void;
    size_t operator()(const EffectivePartitionKey& key) const;
    size_t operator()(const LogicalPartition* logical) const { return (*this)(logical->key); }
  };
  struct LogicalEqual {
    using is_transparent = void;
    bool operator()(const LogicalPartition* a, const LogicalPartition* b) const { return a == b; }
    bool operator()(const LogicalPartition* a, const EffectivePartitionKey& b) const {
      return a->key == b;
    }
    bool operator()(const EffectivePartitionKey& a, const LogicalPartition* b) const {
      return (*this)(b, a);
    }
  };
  // How to take back one write.
  struct Undo {
    enum class Kind : uint8_t { kRemove, kRestore, kReinsert };
    Kind kind;
    StoredDocument* document;
    StoredDocument* before;  // kRestore: what it replaced
  };

  static ItemKey MakeItemKey(const EffectivePartitionKey& key, std::string_view id);
  StoredDocument* Find(const ItemKey& item) const;
  void Dispose(StoredDocument* document);  // not in any list any more; or null
  StoredDocument* MakeDocument(const DocumentView& document);
  void FindShape(const DocumentView& document, ItemText* text);
  const DocumentView& Counted(const DocumentView& document, bool with_terms);
  void ReadOld(const StoredDocument& document, IndexingDirective directive);
  bool Fails(const Conditions& conditions, const StoredDocument& document) const;
  ItemOutcome ReplaceBody(StoredDocument* existing, const DocumentView& document);
  std::optional<uint32_t> ExpiryOf(const StoredDocument& document) const;
  void Remind(const StoredDocument& document);
  std::optional<ItemOutcome> NotUnique(const EffectivePartitionKey& key,
                                       const DocumentView& document, const StoredDocument* self);
  StoredDocument* Insert(const ItemKey& item, const DocumentView& document);
  static uint64_t HashOf(const StoredDocument& document);
  void Link(StoredDocument* document, uint64_t hash);
  void Unlink(StoredDocument* document);
  void Swap(StoredDocument* document, StoredDocument* by);
  void Index(const StoredDocument& document);
  void Unindex(const StoredDocument& document);
  void Note(Undo::Kind kind, StoredDocument* document, StoredDocument* before);
  void KeepVersionsAsDefined();
  LogicalPartition* Logical(const EffectivePartitionKey& key);
  void Adopt(const EffectivePartitionKey& key, StoredDocument* document);
  void FindRecordedShape(const RecordedItem& item, ItemText* text);

  const uint32_t id_;
  const KeyRange range_;
  const std::vector<uint32_t> parents_;
  PartitionSettings settings_;
  std::mutex mutex_;
  State state_ = State::kOnline;
  ThroughputBudget budget_;

  BlockMemory memory_;
  ItemTable items_;
  absl::flat_hash_set<LogicalPartition*, LogicalHash, LogicalEqual> logical_;
  ItemSequence made_;     // by their numbers
  ItemSequence changes_;  // by their LSNs
  std::list<EqualityIndex> equality_indexes_;
  std::optional<UniqueKeys> unique_keys_;  // when the container has any
  ExpiryQueue expiries_;
  uint64_t next_number_;
  uint64_t lsn_ = 0;
  uint64_t bytes_ = 0;
  DocumentReader old_reader_;
  DocumentView old_view_;
  std::string old_text_;
  DocumentReader recount_reader_;
  DocumentView recount_view_;
  std::string recount_text_;
  std::string room_;  // for packing

  bool undoable_ = false;
  std::optional<VersionLog> versions_;       // when the container retains versions
  std::optional<PartitionJournal> journal_;  // of a durable emulator
  uint64_t lsn_before_ = 0;                  // of the writes that can be undone
  std::vector<Undo> undo_;
};

}  // namespace weir::cosmos::emulator
