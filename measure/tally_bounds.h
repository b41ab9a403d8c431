// Whether tallies from elsewhere can be added to each other: their histograms are of the one
// layout, and no sum of theirs leaves what can be counted. Adds nothing up but the sums that it
// needs for that. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/status.h"

#include "measure/tally_view.h"
#include "proto/results.pb.h"

namespace weir {

class TallyBounds {
 public:
  // Of anything, over all the tallies: what a double still holds exactly, and far from where a
  // histogram's sums end.
  static constexpr uint64_t kMost = uint64_t{1} << 53;

  // kInvalidArgument with the field: "total.ok", where `total` is what the tally is called.
  absl::Status Add(const v1::Tally& tally, absl::string_view name);

 private:
  std::array<uint64_t, TallyCounts::kFields> sums_{};  // by field number
};

}  // namespace weir
