// Where the partition keys of a bulk operation belong and how requests write them: worked out once
// for keys that come up again. One thread's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "backends/cosmos/partition_ranges.h"
#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos {

class KeyPlaces {
 public:
  struct Place {
    size_t range = 0;    // in the PartitionRanges
    std::string header;  // as x-ms-documentdb-partitionkey has it
    std::string member;  // the same as a JSON string, quotes included
  };

  // Forgets everything. ranges: outlive what is asked until the next Start.
  void Start(const PartitionRanges& ranges);

  // Valid until the next call.
  const Place& Of(const PartitionKeyValue& key);

 private:
  static constexpr size_t kKnown = 256;
  struct Known {
    uint64_t since = 0;  // which Start it is of
    std::string text;
    Place place;
  };

  void WorkOut(const PartitionKeyValue& key, Place* place) const;

  const PartitionRanges* ranges_ = nullptr;
  uint64_t start_ = 0;
  size_t asked_ = 0;
  size_t found_ = 0;
  std::array<Known, kKnown> known_;  // by a hash of the key
  Place other_;
};

}  // namespace weir::cosmos
