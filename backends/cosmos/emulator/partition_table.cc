#include "backends/cosmos/emulator/partition_table.h"

#include <algorithm>

#include "absl/strings/numbers.h"

namespace weir::cosmos::emulator {

Partition& PartitionTable::For(const EffectivePartitionKey& key) const {
  const auto after = std::upper_bound(
      partitions_.begin(), partitions_.end(), key,
      [](const EffectivePartitionKey& k, const Partition* p) { return k < p->range().low; });
  return **(after - 1);
}

Partition* PartitionTable::ById(std::string_view id) const {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(absl::string_view(id.data(), id.size()), &number)) return nullptr;
  // Without splits the ids are the positions.
  if (number < partitions_.size() && partitions_[number]->id() == number) {
    return partitions_[number];
  }
  const auto found = std::find_if(partitions_.begin(), partitions_.end(),
                                  [&](const Partition* p) { return p->id() == number; });
  return found == partitions_.end() ? nullptr : *found;
}

}  // namespace weir::cosmos::emulator
