// What a container does for a durable emulator.
#include <algorithm>
#include <utility>

#include "backends/cosmos/emulator/container.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int kItemsPerHold = 256;  // of a partition's mutex, while its state is written

// The items that were written up to now, some at a time; false when the partition was split.
bool WriteItems(const std::string& container_rid, Partition* partition,
                absl::FunctionRef<void(std::string_view record)> write) {
  uint64_t after = 0;
  uint64_t last = 0;
  std::string record;
  for (bool is_first = true, more = true; more; is_first = false) {
    record.clear();
    AppendItemsHead(container_rid, partition->id(), &record);
    {
      const std::scoped_lock lock(partition->mutex());
      if (partition->state() == Partition::State::kGone) return false;
      if (is_first) last = partition->lsn();
      ItemSequence::Walk walk = partition->ChangesAfter(after);
      const StoredDocument* at = walk.Next();
      int count = 0;
      for (; at != nullptr && at->lsn() <= last && count < kItemsPerHold; ++count) {
        AppendItemWritten(*at, &record);
        after = at->lsn();
        at = walk.Next();
      }
      more = at != nullptr && at->lsn() <= last;
    }
    write(record);
  }
  return true;
}

}  // namespace

// The partitions without their counts, which each partition's mutex guards.
std::vector<RecordedPartition> Container::Recorded() const {
  std::vector<RecordedPartition> recorded;
  for (const auto& partition : all_partitions_) {
    recorded.push_back({partition->range().low, partition->range().high, partition->parents()});
  }
  return recorded;
}

// With the structure mutex held, before requests can come to partitions that are new.
void Container::RecordTable() {
  for (Partition* partition : tables_.back()->partitions()) {
    if (!partition->is_recorded()) partition->RecordTo(sink_, ids_.rid_bytes);
  }
  sink_->Append(EncodeTable(ids_.rid_bytes, Recorded()));
}

void Container::RecordTo(JournalSink* sink) {
  const std::scoped_lock lock(structure_mutex_);
  sink_ = sink;
  RecordTable();
}

void Container::WriteState(absl::FunctionRef<void(std::string_view record)> write) const {
  for (bool is_whole = false; !is_whole;) {
    std::vector<RecordedPartition> recorded;
    const PartitionTable* table = nullptr;
    {
      const std::scoped_lock lock(structure_mutex_);
      table = tables_.back().get();
      recorded = Recorded();
      for (size_t id = 0; id < recorded.size(); ++id) {
        const std::scoped_lock partition_lock(all_partitions_[id]->mutex());
        recorded[id].lsn = all_partitions_[id]->lsn();
        recorded[id].next_number = all_partitions_[id]->next_number();
      }
    }
    write(EncodeTable(ids_.rid_bytes, recorded));
    is_whole = true;
    for (Partition* partition : table->partitions()) {
      is_whole = is_whole && WriteItems(ids_.rid_bytes, partition, write);
    }
  }
}

void Container::Restore(RecordedState::Container recorded) {
  {
    const std::scoped_lock lock(structure_mutex_);
    tables_.clear();
    all_partitions_.clear();
    std::vector<Partition*> partitions;
    for (const RecordedPartition& partition : recorded.partitions) {
      AddPartition({partition.low, partition.high}, partition.parents);
      for (const uint32_t parent : partition.parents) {
        all_partitions_.at(parent)->set_state(Partition::State::kGone);
      }
    }
    for (const auto& partition : all_partitions_) {
      if (partition->state() == Partition::State::kGone) continue;
      partitions.push_back(partition.get());
    }
    std::sort(partitions.begin(), partitions.end(), [](const Partition* a, const Partition* b) {
      return a->range().low < b->range().low;
    });
    Publish(std::move(partitions));
  }
  std::vector<std::vector<RecordedItem>> items(all_partitions_.size());
  for (auto& [name, item] : recorded.items) {
    items[table().For(item.key).id()].push_back(std::move(item));
  }
  for (Partition* partition : table().partitions()) {
    std::vector<RecordedItem>& own = items[partition->id()];
    std::sort(own.begin(), own.end(),
              [](const RecordedItem& a, const RecordedItem& b) { return a.number < b.number; });
    uint64_t lsn = recorded.partitions[partition->id()].lsn;
    for (const uint32_t parent : partition->parents()) {
      lsn = std::max(lsn, recorded.partitions[parent].lsn);
    }
    const std::scoped_lock lock(partition->mutex());
    partition->budget() = Budget(table().partitions().size());
    partition->Restore(own, lsn, recorded.partitions[partition->id()].next_number);
    if (version_ > 1) partition->Redefine(definition());  // terms are of the policy of their time
  }
}

}  // namespace weir::cosmos::emulator
