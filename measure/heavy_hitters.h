// The keys that are used most, found in one pass with room for a fixed number of keys: Space-Saving
// (Metwally, Agrawal and El Abbadi, "Efficient computation of frequent and top-k elements in data
// streams", 2005). Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "proto/results.pb.h"

namespace weir {

class HeavyHitters {
 public:
  // Of n operations counted, every key with more than n ÷ kKeys of them is among those kept, and no
  // count is too high by more than that.
  static constexpr size_t kKeys = 256;

  HeavyHitters();
  HeavyHitters(const HeavyHitters&) = delete;  // the index points into the counters
  HeavyHitters& operator=(const HeavyHitters&) = delete;

  // `operations` 0: only the charge is added, and only to a key that is kept. A key's charge is
  // counted from when it came to be kept, so that it is never too high. Allocates for a key that is
  // longer than those before, not otherwise.
  void Add(std::string_view key, uint64_t operations, uint64_t milli_ru);

  // All that are kept, most operations first.
  std::vector<v1::KeyUse> ToProto() const;

 private:
  struct Counter {
    std::string key;
    uint64_t operations = 0;
    uint64_t most_too_high = 0;
    uint64_t milli_ru = 0;
    size_t place = 0;  // in heap_
  };

  size_t Take(std::string_view key);
  void Sink(size_t place);
  void Swap(size_t a, size_t b);

  std::vector<Counter> counters_;  // never moves: the keys of index_ point into it
  std::vector<size_t> heap_;       // of counters_, the least used first
  absl::flat_hash_map<std::string_view, size_t> index_;
};

// What several of them (ToProto) found, as one would have with all their operations: a key that one
// of them does not list may have had as many operations there as the least that it lists, if it is
// full (Agarwal et al., "Mergeable summaries", 2012). The first `most` of them.
std::vector<v1::KeyUse> MergeKeyUses(absl::Span<const std::vector<v1::KeyUse>> parts, size_t most);

}  // namespace weir
