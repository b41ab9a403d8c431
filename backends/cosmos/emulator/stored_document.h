// An item as a partition keeps it: the user's JSON as sent, and what the server adds when it
// answers.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "backends/cosmos/emulator/block_memory.h"
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

// The id and the JSON of an item, one behind the other.
class DocumentText {
 public:
  DocumentText() = default;
  // memory outlives the text.
  DocumentText(std::string_view id, std::string_view json, BlockMemory* memory)
      : memory_(memory),
        bytes_(static_cast<char*>(memory->Allocate(id.size() + json.size()))),
        id_size_(static_cast<uint32_t>(id.size())),
        json_size_(static_cast<uint32_t>(json.size())) {
    std::memcpy(bytes_, id.data(), id.size());
    std::memcpy(bytes_ + id.size(), json.data(), json.size());
  }
  DocumentText(DocumentText&& other) noexcept { Swap(other); }
  DocumentText& operator=(DocumentText&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~DocumentText() {
    if (bytes_ != nullptr) memory_->Free(bytes_, size_t{id_size_} + json_size_);
  }

  std::string_view id() const { return {bytes_, id_size_}; }
  std::string_view json() const { return {bytes_ + id_size_, json_size_}; }
  BlockMemory* memory() const { return memory_; }

 private:
  void Swap(DocumentText& other) {
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    std::swap(id_size_, other.id_size_);
    std::swap(json_size_, other.json_size_);
  }

  BlockMemory* memory_ = nullptr;
  char* bytes_ = nullptr;
  uint32_t id_size_ = 0;
  uint32_t json_size_ = 0;
};

// What an item holds; swapped as a whole when the item is replaced.
struct DocumentBody {
  DocumentText text;
  uint32_t terms = 0;      // indexed scalars, as charged
  uint32_t timestamp = 0;  // _ts, seconds since 1970
  int32_t ttl = 0;         // the item's own, seconds or −1; 0 when it has none
  uint64_t lsn = 0;        // the partition's sequence number of this write; makes the etag, which a
                           // split leaves as it is: children go on counting from their parent's

  std::string_view id() const { return text.id(); }
  std::string_view json() const { return text.json(); }
  uint32_t json_size() const { return static_cast<uint32_t>(text.json().size()); }
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
  SystemProperties(const std::string& database_rid, const std::string& container_rid,
                   std::string container_rid_bytes);

  // The item as the service returns it: the user's properties, then _rid … _ts.
  void AppendJson(const StoredDocument& document, std::string* out) const;

  // "\"…\"" without the escapes: the value of the etag header, quotes included.
  static void AppendEtag(uint64_t lsn, std::string* out);

  std::string DocumentRid(uint64_t number) const;

  // Stored size in KB of 1,000 bytes, for charges.
  double StoredKb(uint32_t json_size) const { return (json_size + bytes_) / 1000.0; }
  double StoredKb(const StoredDocument& document) const {
    return StoredKb(document.body.json_size());
  }

 private:
  std::string self_head_;  // "dbs/…/colls/…/docs/"
  std::string container_rid_bytes_;
  uint32_t bytes_ = 0;  // that the system properties add to each item
};

}  // namespace weir::cosmos::emulator
