// Which record an operation touches: a law over a range of record indices. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/random.h"
#include "proto/campaign.pb.h"

namespace weir {

// Records first … end−1; grows at the end by inserts and shrinks at the front by deletes.
struct KeyRange {
  uint64_t first;
  uint64_t end;  // > first
};

class KeyChooser {
 public:
  virtual ~KeyChooser() = default;
  // A pure function of the range and the draws, in constant time.
  virtual uint64_t Choose(KeyRange keys, DrawStream& draws) const = 0;
  // "zipf θ=0.99"
  virtual std::string name() const = 0;
};

// `loaded` > 0: records of the load phase, over which zipf and hotspot scatter what is hot. Hot
// records stay hot while the range grows; records inserted later join as the coldest.
// kInvalidArgument when the settings make no sense.
absl::StatusOr<std::unique_ptr<KeyChooser>> MakeKeyChooser(const v1::KeyDistribution& settings,
                                                           uint64_t loaded, uint64_t seed);

}  // namespace weir
