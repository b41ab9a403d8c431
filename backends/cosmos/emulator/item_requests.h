// Requests on the items of one container: point operations, batches and bulk. One thread's; holds
// the parsers that its requests reuse.
#pragma once

#include <optional>
#include <string_view>

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/document.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/item_editor.h"
#include "backends/cosmos/emulator/partition_key_reader.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos::emulator {

class ItemRequests {
 public:
  // POST …/docs: create, or upsert when the header says so.
  HttpResponse Write(const Container& container, const HttpRequest& request);
  // GET, PUT and DELETE …/docs/id. strong: reads cost twice.
  HttpResponse Read(const Container& container, std::string_view id, const HttpRequest& request,
                    bool strong);
  HttpResponse Replace(const Container& container, std::string_view id, const HttpRequest& request);
  HttpResponse Patch(const Container& container, std::string_view id, const HttpRequest& request);
  HttpResponse Delete(const Container& container, std::string_view id, const HttpRequest& request);
  // POST …/operations/partitionkeydelete: all items of one partition key.
  HttpResponse DeleteByKey(const Container& container, const HttpRequest& request);

 private:
  // The EPK that the request's header names; sets *error when there is none.
  std::optional<EffectivePartitionKey> KeyOf(const Container& container, const HttpRequest& request,
                                             HttpResponse* error);
  // Reads the item of the body into view_ and compares its key with the header's.
  bool ReadBody(const Container& container, const HttpRequest& request, bool want_terms,
                const EffectivePartitionKey& key, HttpResponse* error);
  // Runs `operation(partition)` if the partition has throughput left, and answers for it.
  template <typename Operation>
  static HttpResponse Run(const Container& container, const EffectivePartitionKey& key,
                          bool with_body, Operation operation);

  DocumentReader reader_;
  DocumentView view_;
  PartitionKeyReader key_reader_;
  simdjson::dom::parser patch_parser_;
  ItemEditor editor_;
};

// What an item may not be, beyond JSON: without id, with a bad one, too large. nullptr when it may.
const char* RefuseItem(const ContainerDefinition& definition, const DocumentView& item);

inline constexpr size_t kMaxItemBytes = size_t{2} * 1024 * 1024;

}  // namespace weir::cosmos::emulator
