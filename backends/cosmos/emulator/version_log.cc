#include "backends/cosmos/emulator/version_log.h"

#include <algorithm>
#include <utility>

namespace weir::cosmos::emulator {

StoredDocument VersionLog::CopyOf(const StoredDocument& document) {
  StoredDocument copy;
  const DocumentBody& body = document.body;
  copy.body.text = DocumentText(body.id(), body.json(), body.text.memory());
  copy.body.terms = body.terms;
  copy.body.timestamp = body.timestamp;
  copy.body.ttl = body.ttl;
  copy.body.lsn = body.lsn;
  copy.number = document.number;
  return copy;
}

void VersionLog::Created(const StoredDocument& document) {
  versions_.push_back({.kind = ItemVersion::Kind::kCreate,
                       .lsn = document.body.lsn,
                       .unix_seconds = document.body.timestamp,
                       .key = document.logical->key,
                       .current = CopyOf(document),
                       .previous = {}});
}

void VersionLog::Replaced(const StoredDocument& document, StoredDocument before) {
  versions_.push_back({.kind = ItemVersion::Kind::kReplace,
                       .lsn = document.body.lsn,
                       .unix_seconds = document.body.timestamp,
                       .key = document.logical->key,
                       .current = CopyOf(document),
                       .previous = std::move(before)});
}

void VersionLog::Deleted(const StoredDocument& document, uint64_t lsn, uint32_t unix_seconds,
                         bool expired) {
  versions_.push_back({.kind = ItemVersion::Kind::kDelete,
                       .has_expired = expired,
                       .lsn = lsn,
                       .unix_seconds = unix_seconds,
                       .key = document.logical->key,
                       .current = {},
                       .previous = CopyOf(document)});
}

void VersionLog::DropAfter(uint64_t lsn) {
  while (!versions_.empty() && versions_.back().lsn > lsn) versions_.pop_back();
}

void VersionLog::DropBefore(uint32_t unix_seconds) {
  while (!versions_.empty() && versions_.front().unix_seconds < unix_seconds) {
    complete_after_ = versions_.front().lsn;
    versions_.pop_front();
  }
}

void VersionLog::MoveInto(VersionLog* left, VersionLog* right,
                          const EffectivePartitionKey& right_low) {
  for (ItemVersion& version : versions_) {
    (version.key < right_low ? left : right)->versions_.push_back(std::move(version));
  }
  versions_.clear();
  left->complete_after_ = right->complete_after_ = complete_after_;
}

std::deque<ItemVersion>::const_iterator VersionLog::FirstAfter(uint64_t lsn) const {
  return std::upper_bound(versions_.begin(), versions_.end(), lsn,
                          [](uint64_t n, const ItemVersion& version) { return n < version.lsn; });
}

}  // namespace weir::cosmos::emulator
