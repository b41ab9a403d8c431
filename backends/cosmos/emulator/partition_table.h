// The physical partitions of a container at one moment, in the order of their key ranges.
// Immutable; any thread. Owns none of them.
//
// How requests and splits keep out of each other's way:
//  - A container publishes its table through one atomic pointer. Tables and partitions that a split
//    has replaced live as long as the container, so that what a request has loaded stays valid.
//  - A partition's mutex guards everything in it, `state` included. A request holds the mutex of
//    one partition at a time and tests the state once it has it (Container::Lock, LockById).
//  - A split holds the container's structure mutex, then the parent's mutex, from before the first
//    item moves until the new table is published; it leaves the parent empty and kGone. A request
//    that waited for the parent meanwhile finds it gone: by key it loads the table anew, which then
//    holds the children; by id it is answered 410.
//  - Whoever holds a partition's mutex never takes the structure mutex.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

#include "backends/cosmos/emulator/partition.h"

namespace weir::cosmos::emulator {

class PartitionTable {
 public:
  // In the order of their ranges, which leave no gap.
  PartitionTable(std::vector<Partition*> partitions, uint64_t version)
      : partitions_(std::move(partitions)), version_(version) {}

  absl::Span<Partition* const> partitions() const { return partitions_; }
  // Greater with every change.
  uint64_t version() const { return version_; }

  Partition& For(const EffectivePartitionKey& key) const;
  Partition* ById(std::string_view id) const;  // null when there is none

 private:
  std::vector<Partition*> partitions_;
  uint64_t version_;
};

}  // namespace weir::cosmos::emulator
