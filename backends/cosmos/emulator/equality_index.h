// Which items have a given scalar at one property path. Made when a query first asks, then kept up
// to date by its partition, under the partition's mutex.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "backends/cosmos/emulator/indexing_policy.h"
#include "backends/cosmos/emulator/stored_document.h"
#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos::emulator {

class EqualityIndex {
 public:
  explicit EqualityIndex(PropertyPath path) : path_(std::move(path)) {}

  const PropertyPath& path() const { return path_; }
  void Add(const StoredDocument& document);
  void Remove(const StoredDocument& document);

  // Ascending by number. May hold others whose value has the same hash: test the value again.
  const std::vector<const StoredDocument*>& Find(const PartitionKeyValue& value) const;

 private:
  std::vector<const StoredDocument*>* Place(const StoredDocument& document, bool make);

  PropertyPath path_;
  absl::flat_hash_map<uint64_t, std::vector<const StoredDocument*>> by_value_;
  simdjson::dom::parser parser_;
  std::string text_;
};

}  // namespace weir::cosmos::emulator
