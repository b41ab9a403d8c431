// Every version of a partition's items within the container's retention, deletes included: what the
// change feed of all versions and deletes reads. Kept for containers with a changeFeedPolicy only,
// and in memory only. The partition's mutex.
#pragma once

#include <cstdint>
#include <deque>

#include "backends/cosmos/emulator/stored_document.h"

namespace weir::cosmos::emulator {

struct ItemVersion {
  enum class Kind : uint8_t { kCreate, kReplace, kDelete };

  Kind kind = Kind::kCreate;
  bool has_expired = false;  // deleted because its time to live was over
  uint64_t lsn = 0;
  uint32_t unix_seconds = 0;
  EffectivePartitionKey key;
  StoredDocument* current = nullptr;   // copies, without links; of a delete null
  StoredDocument* previous = nullptr;  // of a create null
};

class VersionLog {
 public:
  // Knows of every change after this LSN. memory: of the partition; outlives it.
  VersionLog(uint64_t lsn, BlockMemory* memory) : memory_(memory), complete_after_(lsn) {}
  VersionLog(VersionLog&&) = delete;

  void Created(const StoredDocument& document);
  // before: as it was.
  void Replaced(const StoredDocument& document, const StoredDocument& before);
  void Deleted(const StoredDocument& document, uint64_t lsn, uint32_t unix_seconds, bool expired);

  void DropAfter(uint64_t lsn);            // a batch is taken back
  void DropBefore(uint32_t unix_seconds);  // their retention is over
  void MoveInto(VersionLog* left, VersionLog* right, const EffectivePartitionKey& right_low);

  // A reader that has seen less has missed changes that are gone.
  uint64_t complete_after() const { return complete_after_; }
  const std::deque<ItemVersion>& versions() const { return versions_; }  // ascending by LSN
  std::deque<ItemVersion>::const_iterator FirstAfter(uint64_t lsn) const;

 private:
  StoredDocument* CopyOf(const StoredDocument& document) {
    return StoredDocument::CopyOf(document, memory_);
  }
  void Dispose(const ItemVersion& version);

  BlockMemory* const memory_;
  std::deque<ItemVersion> versions_;
  uint64_t complete_after_;
};

}  // namespace weir::cosmos::emulator
