// How a partition's items come to it and leave it other than by requests: splits and restarts; and
// the versions that it keeps.
#include <algorithm>
#include <utility>

#include "backends/cosmos/emulator/partition.h"
#include "backends/cosmos/emulator/wall_clock.h"
#include "base/check.h"

namespace weir::cosmos::emulator {

void Partition::SplitInto(Partition* left, Partition* right) {
  WEIR_CHECK(!undoable_ && undo_.empty());
  for (Partition* child : {left, right}) child->lsn_ = lsn_;
  auto walk = made_.All();
  while (StoredDocument* document = walk.Next()) {
    const EffectivePartitionKey key = document->logical()->key;
    (left->range_.Contains(key) ? left : right)->Adopt(key, document);
  }
  made_.Clear();
  items_.Clear();
  logical_.clear();
  equality_indexes_.clear();
  changes_.Clear();
  if (versions_) {
    versions_->MoveInto(&*left->versions_, &*right->versions_, right->range_.low);
    versions_.reset();
  }
  unique_keys_.reset();
  expiries_.Clear();
  bytes_ = 0;
  state_ = State::kGone;
}

// The caller brings the items in the order of their numbers.
void Partition::Adopt(const EffectivePartitionKey& key, StoredDocument* document) {
  LogicalPartition* const logical = Logical(key);
  document->set_logical(logical);
  document->set_previous(logical->last);
  document->set_next(nullptr);
  Link(document, HashOf(*document));
}

// ------------------------------------------------------------------------------ durability

void Partition::RecordTo(JournalSink* sink, const std::string& container_rid_bytes) {
  journal_.emplace(sink, container_rid_bytes, id_);
}

// As an item that is written now; `item` keeps the text.
void Partition::FindRecordedShape(const RecordedItem& item, ItemText* text) {
  recount_text_.assign(item.json);
  recount_text_.reserve(recount_text_.size() + simdjson::SIMDJSON_PADDING);
  const IndexingPolicy& policy = settings_.definition->policy();
  WEIR_CHECK(recount_reader_.Read(recount_text_, policy, false, &recount_view_) == nullptr);
  if (!recount_view_.ttl) FindShape(recount_view_, text);
}

void Partition::Restore(const std::vector<RecordedItem>& items, uint64_t lsn,
                        uint64_t next_number) {
  for (const RecordedItem& item : items) {
    ItemText text{.id = item.id, .json = item.json, .terms = item.terms, .ttl = item.ttl};
    FindRecordedShape(item, &text);
    StoredDocument* document = StoredDocument::New(&memory_, text);
    document->set_timestamp(item.timestamp);
    document->set_lsn(item.lsn);
    document->set_number(item.number);
    Adopt(item.key, document);
    lsn = std::max(lsn, item.lsn);
    if (item.number >> kIdShift == id_) next_number = std::max(next_number, item.number + 1);
  }
  lsn_ = std::max(lsn_, lsn);
  next_number_ = std::max(next_number_, next_number);
  if (versions_) versions_.emplace(lsn_, &memory_);  // those before the restart are gone
}

// ------------------------------------------------------------------------------- versions

void Partition::KeepVersionsAsDefined() {
  const bool wanted = settings_.definition->version_retention() > 0;
  if (wanted && !versions_) versions_.emplace(lsn_, &memory_);
  if (!wanted) versions_.reset();
}

const VersionLog* Partition::versions() {
  if (!versions_) return nullptr;
  const int64_t kept_since = int64_t{NowSeconds()} - settings_.definition->version_retention();
  versions_->DropBefore(static_cast<uint32_t>(std::max<int64_t>(0, kept_since)));
  return &*versions_;
}

}  // namespace weir::cosmos::emulator
