// The physical partitions of a container and the stretches of the key space they hold.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/wire/effective_partition_key.h"

namespace weir::cosmos {

struct PartitionRange {
  std::string id;
  int32_t number;             // the id as a number; its place in the list where it is none
  EffectivePartitionKey min;  // inclusive
  EffectivePartitionKey max;  // exclusive
};

// As read at one moment, in the order of the keys, without gaps. Immutable; any thread.
class PartitionRanges {
 public:
  // From the answer to GET …/pkranges. kDataLoss when the ranges do not cover the key space.
  static absl::StatusOr<PartitionRanges> Parse(std::string_view json);
  explicit PartitionRanges(std::vector<PartitionRange> ranges) : ranges_(std::move(ranges)) {}

  size_t size() const { return ranges_.size(); }
  const PartitionRange& operator[](size_t i) const { return ranges_[i]; }
  size_t Find(const EffectivePartitionKey& key) const;

 private:
  std::vector<PartitionRange> ranges_;
};

// The latest reading, shared by all sessions of a backend. Any thread.
class RangeDirectory {
 public:
  std::shared_ptr<const PartitionRanges> Get() const;  // null before the first Set
  void Set(PartitionRanges ranges);
  // Changes with each Set; 0 before the first.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const PartitionRanges> ranges_;  // guarded by mutex_
  std::atomic<uint64_t> version_{0};
};

}  // namespace weir::cosmos
