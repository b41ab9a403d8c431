// GET …/docs with a-im: what has changed in a range of keys or in one partition key, in the order
// of the writes. One thread's.
//
// A continuation is the etag of an answer: the LSN up to which its reader has seen everything. An
// item's changes are numbered by the partition that holds it, and a split's children go on counting
// from their parent's last LSN, so that a continuation stays good in each of them.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <vector>

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/partition_key_reader.h"

namespace weir::cosmos::emulator {

class ChangeFeedRequests {
 public:
  // strong: reads cost twice.
  HttpResponse Read(const Container& container, const HttpRequest& request, bool strong);

 private:
  // The items that are asked for, all of one partition.
  struct Scope {
    std::string_view range_id;
    std::optional<EffectivePartitionKey> key;  // one logical partition
    KeyRange keys;                             // otherwise
  };
  // After which change to begin.
  struct Start {
    std::optional<uint64_t> lsn;          // none: at the first that is not before `since`
    std::optional<int64_t> unix_seconds;  // since when
    bool now = false;
  };
  struct Page {
    std::string documents;  // JSON, comma-separated
    int64_t count = 0;
    uint64_t lsn = 0;  // up to which the reader has seen everything
    double document_ru = 0;
  };

  const char* FindScope(const Container& container, const HttpRequest& request, Scope* scope);
  static const char* FindStart(const HttpRequest& request, Start* start);
  Page ReadLatest(const Container& container, const Partition& partition, const Scope& scope,
                  const Start& start, int64_t most);
  // All versions and deletes; an error text, or nullptr.
  const char* ReadVersions(const Container& container, Partition* partition, const Scope& scope,
                           const Start& start, int64_t most, Page* page);
  void AppendVersion(const Container& container, const ItemVersion& version, std::string* out);
  void AppendKey(const Container& container, std::string_view json, std::string* out);
  static HttpResponse Answer(const Container& container, const Partition& partition,
                             const Page& page, CentiRu charge);

  PartitionKeyReader key_reader_;
  simdjson::dom::parser parser_;
  std::vector<const StoredDocument*> sorted_;  // of one logical partition, by LSN
};

}  // namespace weir::cosmos::emulator
