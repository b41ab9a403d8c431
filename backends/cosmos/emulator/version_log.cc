#include "backends/cosmos/emulator/version_log.h"

#include <algorithm>

namespace weir::cosmos::emulator {

void VersionLog::Created(const StoredDocument& document) {
  versions_.push_back({.kind = ItemVersion::Kind::kCreate,
                       .lsn = document.lsn(),
                       .unix_seconds = document.timestamp(),
                       .key = document.logical()->key,
                       .current = CopyOf(document)});
}

void VersionLog::Replaced(const StoredDocument& document, const StoredDocument& before) {
  versions_.push_back({.kind = ItemVersion::Kind::kReplace,
                       .lsn = document.lsn(),
                       .unix_seconds = document.timestamp(),
                       .key = document.logical()->key,
                       .current = CopyOf(document),
                       .previous = CopyOf(before)});
}

void VersionLog::Deleted(const StoredDocument& document, uint64_t lsn, uint32_t unix_seconds,
                         bool expired) {
  versions_.push_back({.kind = ItemVersion::Kind::kDelete,
                       .has_expired = expired,
                       .lsn = lsn,
                       .unix_seconds = unix_seconds,
                       .key = document.logical()->key,
                       .previous = CopyOf(document)});
}

void VersionLog::Dispose(const ItemVersion& version) {
  StoredDocument::Delete(version.current, memory_);
  StoredDocument::Delete(version.previous, memory_);
}

void VersionLog::DropAfter(uint64_t lsn) {
  while (!versions_.empty() && versions_.back().lsn > lsn) {
    Dispose(versions_.back());
    versions_.pop_back();
  }
}

void VersionLog::DropBefore(uint32_t unix_seconds) {
  while (!versions_.empty() && versions_.front().unix_seconds < unix_seconds) {
    complete_after_ = versions_.front().lsn;
    Dispose(versions_.front());
    versions_.pop_front();
  }
}

void VersionLog::MoveInto(VersionLog* left, VersionLog* right,
                          const EffectivePartitionKey& right_low) {
  for (const ItemVersion& version : versions_) {
    (version.key < right_low ? left : right)->versions_.push_back(version);
  }
  versions_.clear();
  left->complete_after_ = right->complete_after_ = complete_after_;
}

std::deque<ItemVersion>::const_iterator VersionLog::FirstAfter(uint64_t lsn) const {
  return std::upper_bound(versions_.begin(), versions_.end(), lsn,
                          [](uint64_t n, const ItemVersion& version) { return n < version.lsn; });
}

}  // namespace weir::cosmos::emulator
