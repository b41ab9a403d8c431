// A container: its definition, its throughput and its physical partitions, which splits replace
// (partition_table.h says how requests in flight are kept safe). Shared by requests. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/container_definition.h"
#include "backends/cosmos/emulator/journal_records.h"
#include "backends/cosmos/emulator/offer.h"
#include "backends/cosmos/emulator/partition.h"
#include "backends/cosmos/emulator/partition_table.h"
#include "backends/cosmos/emulator/shape_book.h"
#include "backends/cosmos/emulator/stored_document.h"

namespace weir::cosmos::emulator {

struct ResourceIds {
  std::string database_rid;  // base64 of 4 bytes
  std::string rid;           // base64 of 8 bytes
  std::string rid_bytes;
  std::string database_id;
};

// What a container may spend and store.
struct Provision {
  Throughput throughput;
  bool throttle = true;
  bool has_offer = true;  // false: a serverless one, or one that shares its database's
  bool burst = false;     // small partitions may save what they do not spend
  std::shared_ptr<SharedBucket> shared;  // of the database; null when it is the container's own
  int64_t split_delay_ns = 0;
  uint64_t partition_bytes = 50'000'000'000;  // a partition that holds more is split
};

// A partition with its mutex held; null when the request must not have it.
struct LockedPartition {
  Partition* partition = nullptr;
  std::unique_lock<std::mutex> lock;
  int gone = 0;  // substatus of the 410 when partition is null
};

class Container {
 public:
  // json: the body of the request that creates it. kInvalidArgument says what is wrong.
  static absl::StatusOr<std::shared_ptr<Container>> Create(std::string_view json, ResourceIds ids,
                                                           const Provision& provision,
                                                           const ChargeModel& charges);

  // Makes it what the body of a PUT says; items stay, and what is known of their index is counted
  // anew. if_match: the etag that the container must have; empty for any. kInvalidArgument for what
  // cannot change, kFailedPrecondition for another etag.
  absl::Status Replace(std::string_view json, std::string_view if_match);

  // As it is now. Earlier ones live as long as the container: requests in flight read them.
  const ContainerDefinition& definition() const { return *definition_.load(); }
  const std::string& id() const { return definition().id(); }
  const ResourceIds& ids() const { return ids_; }
  const Provision& provision() const { return provision_; }
  const IndexingPolicy& policy() const { return definition().policy(); }
  const std::vector<PropertyPath>& key_paths() const { return definition().key_paths(); }
  const SystemProperties& properties() const { return properties_; }
  const ChargeModel& charges() const { return charges_; }
  const ShapeBook& shapes() const { return shapes_; }

  // "dbs/…/colls/…/", by rids: names the container in offers.
  std::string Self() const;
  Offer* offer() const { return offer_.get(); }  // null when it has none of its own

  // As it is now; a split may replace it at any time. Valid as long as the container.
  const PartitionTable& table() const { return *table_.load(std::memory_order_acquire); }
  // The partition that has the key, whatever is split meanwhile.
  LockedPartition Lock(const EffectivePartitionKey& key) const;
  // The partition of this id, unless it is gone (410/1002) or about to be (410/1007).
  LockedPartition LockById(std::string_view id) const;

  // Makes two partitions of the one with this id, cut in the middle of its range. kNotFound when
  // it is gone already, kFailedPrecondition when its range is too narrow.
  absl::Status Split(std::string_view id);

  // What an offer does. Splits until there are as many partitions; never merges.
  void SetThroughput(const Throughput& throughput);
  // Those that SetThroughput would split are completing a split from now on.
  void AnnounceSplits(int partitions);
  uint64_t StoredBytes() const;  // of all items

  // Splits what is due by the offer or by storage. Before each request; cheap when nothing is.
  void Advance(int64_t now_ns) {
    if (offer_ != nullptr) offer_->Advance(now_ns);
    if (full_partition_.load(std::memory_order_relaxed) != kNone) SplitFull();
  }
  // With the partition's mutex held, after a write: it is split before the next request if it holds
  // more than a partition may.
  void NoteStorage(const Partition& partition) const {
    if (partition.bytes() > provision_.partition_bytes) full_partition_ = partition.id();
  }

  // The highest utilisation of any partition by hour, ascending; of those that were split as well.
  std::vector<HourlyPeak> Peaks(int64_t now_ns) const;
  // Every partition there has been, those that were split as well.
  std::vector<Partition*> AllPartitions() const;
  // From now on its table and its items' writes go to the sink as well; the table does at once.
  void RecordTo(JournalSink* sink);
  // All of it as records, while requests go on; what is written meanwhile may be left out.
  void WriteState(absl::FunctionRef<void(std::string_view record)> write) const;
  // Becomes what was recorded. Before there are requests, and before RecordTo.
  void Restore(RecordedState::Container recorded);

  std::string Etag() const;  // quotes included

  // JSON of the container, of its ranges and of its offer, as the service shows them.
  std::string Json() const;
  std::string RangesJson(const PartitionTable& table) const;

  // The EPK of a document's own key.
  EffectivePartitionKey KeyOf(const DocumentView& document) const {
    return HashPartitionKey(absl::MakeConstSpan(document.key, key_paths().size()));
  }

 private:
  static constexpr int64_t kNone = -1;

  Container(ResourceIds ids, const Provision& provision, const ChargeModel& charges,
            std::unique_ptr<const ContainerDefinition> definition);
  void MakeOffer();
  void MakePartitions();
  ThroughputBudget Budget(size_t partitions) const;
  absl::Status SplitLocked(Partition* parent);
  void SplitFull();
  Partition* AddPartition(const KeyRange& range, std::vector<uint32_t> parents);
  CentiRu ShareOf(size_t partitions) const;
  void ShareOut();
  std::vector<Partition*> BySplitOrder() const;
  void Publish(std::vector<Partition*> partitions);
  std::vector<RecordedPartition> Recorded() const;
  void RecordTable();

  ResourceIds ids_;
  const Provision provision_;
  ChargeModel charges_;
  SystemProperties properties_;
  const uint32_t created_;
  std::atomic<const ContainerDefinition*> definition_;
  std::atomic<uint32_t> version_ = 1;  // of the definition
  std::atomic<uint32_t> changed_;      // when it was made, seconds since 1970
  std::unique_ptr<Offer> offer_;
  mutable std::atomic<int64_t> full_partition_ = kNone;  // id of one that is to be split
  std::atomic<const PartitionTable*> table_ = nullptr;

  // One replacement or split at a time. Guards what is below: all there have ever been, since a
  // request may still look at them.
  mutable std::mutex structure_mutex_;
  Throughput throughput_;
  JournalSink* sink_ = nullptr;  // of a durable emulator
  std::vector<std::unique_ptr<const ContainerDefinition>> definitions_;
  std::vector<std::unique_ptr<const PartitionTable>> tables_;
  ShapeBook shapes_;
  ItemMemory memory_;                                       // of the partitions' items
  std::vector<std::unique_ptr<Partition>> all_partitions_;  // the position is the id
};

}  // namespace weir::cosmos::emulator
