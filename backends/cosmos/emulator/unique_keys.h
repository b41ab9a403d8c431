// Which values a container's unique keys have in the items of one partition, so that no two items
// of a logical partition share them. Guarded by its partition's mutex.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "backends/cosmos/emulator/container_definition.h"
#include "backends/cosmos/emulator/stored_document.h"
#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos::emulator {

class UniqueKeys {
 public:
  explicit UniqueKeys(std::vector<UniqueKey> keys);

  void Add(const StoredDocument& document);
  void Remove(const StoredDocument& document);

  // Why an item with this partition key cannot hold this JSON; nothing when it can. self: the item
  // that is replaced, which cannot be in its own way; or null. Lives as long as this.
  std::optional<std::string_view> Conflict(const EffectivePartitionKey& key, std::string_view json,
                                           const StoredDocument* self);

 private:
  // Into values_: what the item has for each unique key, one text each.
  void Collect(const EffectivePartitionKey& key, std::string_view json);

  const std::vector<UniqueKey> keys_;
  std::vector<std::string> messages_;  // of a conflict, by unique key
  absl::flat_hash_map<std::string, const StoredDocument*> owners_;
  std::vector<std::string> values_;
  simdjson::dom::parser parser_;
  std::string text_;
};

}  // namespace weir::cosmos::emulator
