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
  for (Slot& slot : slots_) {
    if (slot.document == nullptr) continue;
    const bool is_left = left->range_.Contains(slot.document->logical->key);
    (is_left ? left : right)->Adopt(slot.document);
  }
  slots_.clear();
  items_.clear();
  logical_.clear();
  equality_indexes_.clear();
  changes_ = {};
  if (versions_) {
    versions_->MoveInto(&*left->versions_, &*right->versions_, right->range_.low);
    versions_.reset();
  }
  unique_keys_.reset();
  expiries_.Clear();
  empty_slots_ = 0;
  bytes_ = 0;
  state_ = State::kGone;
}

// The caller brings the items in the order of their numbers.
void Partition::Adopt(StoredDocument* document) {
  document->logical = Logical(document->logical->key);
  document->previous = document->logical->last;
  document->next = nullptr;
  document->change = {};
  slots_.push_back({document->number, nullptr});
  ++empty_slots_;
  ++adopted_slots_;
  Link(document);
}

// ------------------------------------------------------------------------------ durability

void Partition::RecordTo(JournalSink* sink, const std::string& container_rid_bytes) {
  journal_.emplace(sink, container_rid_bytes, id_);
}

void Partition::Restore(const std::vector<RecordedItem>& items, uint64_t lsn,
                        uint64_t next_number) {
  for (const RecordedItem& item : items) {
    StoredDocument* document = NewDocument();
    document->body.text = DocumentText(item.id, item.json, settings_.memory);
    document->body.terms = item.terms;
    document->body.ttl = item.ttl;
    document->body.timestamp = item.timestamp;
    document->body.lsn = item.lsn;
    document->number = item.number;
    document->hash = MakeItemKey(item.key, item.id).hash;
    document->logical = Logical(item.key);
    Adopt(document);
    lsn = std::max(lsn, item.lsn);
    if (item.number >> kIdShift == id_) next_number = std::max(next_number, item.number + 1);
  }
  lsn_ = std::max(lsn_, lsn);
  next_number_ = std::max(next_number_, next_number);
  if (versions_) versions_.emplace(lsn_);  // those before the restart are gone
}

// ------------------------------------------------------------------------------- versions

void Partition::KeepVersionsAsDefined() {
  const bool wanted = settings_.definition->version_retention() > 0;
  if (wanted && !versions_) versions_.emplace(lsn_);
  if (!wanted) versions_.reset();
}

const VersionLog* Partition::versions() {
  if (!versions_) return nullptr;
  const int64_t kept_since = int64_t{NowSeconds()} - settings_.definition->version_retention();
  versions_->DropBefore(static_cast<uint32_t>(std::max<int64_t>(0, kept_since)));
  return &*versions_;
}

}  // namespace weir::cosmos::emulator
