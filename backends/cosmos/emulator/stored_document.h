// An item as a partition keeps it: the user's JSON as sent, and what the server adds when it
// answers.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "backends/cosmos/emulator/change_order.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos::emulator {

struct StoredDocument;

// All items with one partition key, in the order of their creation.
struct LogicalPartition {
  EffectivePartitionKey key;
  StoredDocument* first = nullptr;
  StoredDocument* last = nullptr;
};

// What an item holds; swapped as a whole when the item is replaced.
struct DocumentBody {
  std::unique_ptr<char[]> bytes;  // the id, then the JSON
  uint32_t id_size = 0;
  uint32_t json_size = 0;
  uint32_t terms = 0;      // indexed scalars, as charged
  uint32_t timestamp = 0;  // _ts, seconds since 1970
  int32_t ttl = 0;         // the item's own, seconds or −1; 0 when it has none
  uint64_t lsn = 0;        // the partition's sequence number of this write; makes the etag, which a
                           // split leaves as it is: children go on counting from their parent's

  static DocumentBody Copy(std::string_view id, std::string_view json) {
    DocumentBody body;
    body.bytes = std::make_unique_for_overwrite<char[]>(id.size() + json.size());
    std::memcpy(body.bytes.get(), id.data(), id.size());
    std::memcpy(body.bytes.get() + id.size(), json.data(), json.size());
    body.id_size = static_cast<uint32_t>(id.size());
    body.json_size = static_cast<uint32_t>(json.size());
    return body;
  }
  std::string_view id() const { return {bytes.get(), id_size}; }
  std::string_view json() const { return {bytes.get() + id_size, json_size}; }
};

struct StoredDocument {
  DocumentBody body;
  // Unlike any other in the container. The id of the partition where it was created, then the
  // order of creation there: ascending within a partition also after a split, since children have
  // greater ids than their parents.
  uint64_t number = 0;
  uint64_t hash = 0;  // of partition key and id
  LogicalPartition* logical = nullptr;
  StoredDocument* previous = nullptr;  // in its logical partition
  StoredDocument* next = nullptr;
  ChangeLinks change;  // in its partition's ChangeOrder
};

// What all items of a container share in their system properties.
class SystemProperties {
 public:
  // rids in their base64 form; container_rid_bytes is the decoded one, of 8 bytes.
  SystemProperties(std::string database_rid, std::string container_rid,
                   std::string container_rid_bytes);

  // The item as the service returns it: the user's properties, then _rid … _ts.
  void AppendJson(const StoredDocument& document, std::string* out) const;

  // "\"…\"" without the escapes: the value of the etag header, quotes included.
  static void AppendEtag(uint64_t lsn, std::string* out);

  std::string DocumentRid(uint64_t number) const;

  // Stored size in KB of 1,000 bytes, for charges.
  double StoredKb(uint32_t json_size) const { return (json_size + bytes_) / 1000.0; }
  double StoredKb(const StoredDocument& document) const {
    return StoredKb(document.body.json_size);
  }

 private:
  std::string self_head_;  // "dbs/…/colls/…/docs/"
  std::string container_rid_bytes_;
  uint32_t bytes_ = 0;  // that the system properties add to each item
};

}  // namespace weir::cosmos::emulator
