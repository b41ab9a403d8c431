// An item as a partition keeps it, and what the server adds to it when it answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/cosmos/emulator/block_memory.h"
#include "backends/cosmos/emulator/document_shape.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos::emulator {

class StoredDocument;

// All items with one partition key, in the order of their creation.
struct LogicalPartition {
  EffectivePartitionKey key;
  StoredDocument* first = nullptr;
  StoredDocument* last = nullptr;
};

// What is kept of an item's text.
struct ItemText {
  std::string_view id;
  std::string_view json;
  uint32_t terms = 0;                    // indexed scalars, as charged
  int32_t ttl = 0;                       // the item's own, seconds or −1; 0 when it has none
  const DocumentShape* shape = nullptr;  // with `packed`; null when it has none
  std::string_view packed = {};
};

// One block of an ItemMemory: this, then the text, or where it is if it is long. The text never
// changes: an item that is replaced is another StoredDocument. The partition's mutex.
class StoredDocument {
 public:
  StoredDocument(const StoredDocument&) = delete;
  StoredDocument& operator=(const StoredDocument&) = delete;

  static StoredDocument* New(BlockMemory* memory, const ItemText& text);
  // Without links.
  static StoredDocument* CopyOf(const StoredDocument& document, BlockMemory* memory);
  static void Delete(StoredDocument* document, BlockMemory* memory);

  std::string Id() const;
  bool HasId(std::string_view id) const;
  // The user's JSON as sent, and its bytes.
  void AppendJson(std::string* out) const;
  uint32_t json_size() const { return is_packed() ? packed().json_size : plain().json_size; }
  // The same in `room`, followed by simdjson::SIMDJSON_PADDING readable bytes.
  std::string_view JsonIn(std::string* room) const;

  uint32_t terms() const { return is_packed() ? packed().terms : plain().terms; }
  // As counted by another policy.
  void set_terms(uint32_t terms);
  int32_t ttl() const { return is_packed() ? 0 : plain().ttl; }

  // The partition's sequence number of this write; makes the etag, which a split leaves as it is:
  // children go on counting from their parent's.
  uint64_t lsn() const { return lsn_; }
  void set_lsn(uint64_t lsn) { lsn_ = lsn; }
  uint32_t timestamp() const { return timestamp_; }  // _ts, seconds since 1970
  void set_timestamp(uint32_t unix_seconds) { timestamp_ = unix_seconds; }
  // Unlike any other in the container. The id of the partition where it was created, then the
  // order of creation there: ascending within a partition also after a split, since children have
  // greater ids than their parents.
  uint64_t number() const { return number_; }
  void set_number(uint64_t number) { number_ = number; }

  LogicalPartition* logical() const { return At<LogicalPartition>(logical_); }
  void set_logical(LogicalPartition* logical) { logical_ = ItemMemory::RefOf(logical); }
  // In its logical partition.
  StoredDocument* previous() const { return At<StoredDocument>(previous_); }
  void set_previous(const StoredDocument* document) { previous_ = ItemMemory::RefOf(document); }
  StoredDocument* next() const { return At<StoredDocument>(next_); }
  void set_next(const StoredDocument* document) { next_ = ItemMemory::RefOf(document); }

 private:
  static constexpr uint16_t kPlain = 0xFFFF;  // in place of a shape

  struct PackedHead {
    uint16_t json_size;
    uint16_t terms;
  };
  struct PlainHead {
    uint32_t json_size;
    uint32_t id_size;
    uint32_t terms;
    int32_t ttl;
  };

  explicit StoredDocument(uint16_t shape) : lsn_(0), shape_(shape) {}

  template <typename T>
  T* At(BlockRef ref) const {
    return ref == 0 ? nullptr : ItemMemory::Of(this).At<T>(ref);
  }
  static bool CanPack(const ItemText& text);
  static StoredDocument* NewPlain(BlockMemory* memory, const ItemText& text);
  bool is_packed() const { return shape_ != kPlain; }
  const DocumentShape& shape() const;
  size_t PayloadBytes() const;  // of what stands behind this in its block

  template <typename T>
  T& Payload() {
    return *reinterpret_cast<T*>(this + 1);
  }
  const PackedHead& packed() const { return *reinterpret_cast<const PackedHead*>(this + 1); }
  const char* packed_text() const {
    return reinterpret_cast<const char*>(this + 1) + sizeof(PackedHead);
  }
  const PlainHead& plain() const { return *reinterpret_cast<const PlainHead*>(this + 1); }
  static bool IsLong(size_t text_bytes);
  const char* plain_text() const;  // the id, then the JSON

  uint64_t number_ = 0;
  uint64_t lsn_ : 48;
  uint64_t shape_ : 16;
  BlockRef logical_ = 0;
  BlockRef previous_ = 0;
  BlockRef next_ = 0;
  uint32_t timestamp_ = 0;
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
  // The same inside a JSON string.
  static void AppendEscapedEtag(uint64_t lsn, std::string* out);

  std::string DocumentRid(uint64_t number) const;

  // Stored size in KB of 1,000 bytes, for charges.
  double StoredKb(uint32_t json_size) const { return (json_size + bytes_) / 1000.0; }
  double StoredKb(const StoredDocument& document) const { return StoredKb(document.json_size()); }

 private:
  void AppendProperties(uint64_t number, uint64_t lsn, uint32_t unix_seconds,
                        std::string* out) const;

  std::string self_head_;  // "dbs/…/colls/…/docs/"
  std::string container_rid_bytes_;
  uint32_t bytes_ = 0;  // that the system properties add to each item
};

}  // namespace weir::cosmos::emulator
