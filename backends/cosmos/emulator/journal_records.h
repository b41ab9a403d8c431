// What a durable emulator writes to its journal and its snapshots, as bytes. Pure; any thread.
//
// Three kinds of record. A command is a request that made, replaced or removed a database, a
// container or an offer; it is carried out again at the start. A table says which physical
// partitions a container has and how far each has counted. Items are the writes of one request, all
// of them or none. Tables and items are states, so that reading one twice does no harm: an item's
// write counts only when its LSN is greater than what is known of the item.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "backends/cosmos/emulator/stored_document.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos::emulator {

// Takes records, in the order in which they are to be found again.
class JournalSink {
 public:
  virtual ~JournalSink() = default;
  virtual void Append(std::string_view record) = 0;
};

struct RecordedCommand {
  uint64_t sequence = 0;  // ascending; a command that is read twice counts once
  uint32_t unix_seconds = 0;
  uint32_t next_database = 0;  // the account's counters before it
  uint32_t next_container = 0;
  std::string method;  // empty: nothing but the counters
  std::string path;    // percent-encoded
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// A physical partition that there is or was; its id is its place in the table.
struct RecordedPartition {
  EffectivePartitionKey low;
  EffectivePartitionKey high;
  std::vector<uint32_t> parents;
  uint64_t lsn = 0;
  uint64_t next_number = 0;
};

struct RecordedItem {
  EffectivePartitionKey key;
  std::string id;
  std::string json;
  uint64_t number = 0;
  uint64_t lsn = 0;
  uint32_t timestamp = 0;
  uint32_t terms = 0;
  int32_t ttl = 0;
};

std::string EncodeCommand(const RecordedCommand& command);
std::string EncodeTable(std::string_view container_rid,
                        const std::vector<RecordedPartition>& partitions);
// Items: a head, then any number of writes.
void AppendItemsHead(std::string_view container_rid, uint32_t partition, std::string* record);
void AppendItemWritten(const StoredDocument& document, std::string* record);
void AppendItemDeleted(const StoredDocument& document, uint64_t lsn, std::string* record);

// The state that the records so far amount to.
class RecordedState {
 public:
  struct Container {
    std::vector<RecordedPartition> partitions;
    absl::flat_hash_map<std::string, RecordedItem> items;  // by partition key and id
  };

  // kDataLoss when the bytes are not a record.
  absl::Status Apply(std::string_view record);

  uint64_t last_sequence() const { return last_sequence_; }
  std::vector<RecordedCommand>& commands() { return commands_; }
  std::map<std::string, Container>& containers() { return containers_; }  // by rid, 8 bytes

 private:
  uint64_t last_sequence_ = 0;
  std::vector<RecordedCommand> commands_;
  std::map<std::string, Container> containers_;
};

}  // namespace weir::cosmos::emulator
