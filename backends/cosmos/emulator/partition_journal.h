// Hands a partition's writes to the journal: each by itself, or those of an atomic batch together.
// The partition's mutex.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "backends/cosmos/emulator/journal_records.h"

namespace weir::cosmos::emulator {

class PartitionJournal {
 public:
  PartitionJournal(JournalSink* sink, const std::string& container_rid, uint32_t partition)
      : sink_(sink) {
    AppendItemsHead(container_rid, partition, &head_);
    record_ = head_;
  }

  void Written(const StoredDocument& document) {
    AppendItemWritten(document, &record_);
    if (!is_held_) Flush();
  }
  void Deleted(const StoredDocument& document, uint64_t lsn) {
    AppendItemDeleted(document, lsn, &record_);
    if (!is_held_) Flush();
  }

  // Between Hold and Flush or Discard, writes are gathered to one record.
  void Hold() { is_held_ = true; }
  void Flush() {
    is_held_ = false;
    if (record_.size() > head_.size()) sink_->Append(record_);
    record_.resize(head_.size());
  }
  void Discard() {
    is_held_ = false;
    record_.resize(head_.size());
  }

 private:
  JournalSink* const sink_;
  std::string head_;
  std::string record_;  // keeps its memory from write to write
  bool is_held_ = false;
};

}  // namespace weir::cosmos::emulator
