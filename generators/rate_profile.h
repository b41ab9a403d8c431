// The planned rate over time, piecewise linear, and its integral Λ in both directions, in integers:
// the same on every machine. Immutable; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "generators/portable_math.h"
#include "proto/campaign.pb.h"

namespace weir {

// A number of operations in units of 10⁻¹⁵: rates are held in 10⁻⁶ operations per second, and those
// times nanoseconds.
using FemtoOperations = Uint128;
inline constexpr uint64_t kFemtoPerOperation = 1'000'000'000'000'000;

class RateProfile {
 public:
  // From the rate or the stages. kInvalidArgument in the words of a campaign's author.
  static absl::StatusOr<RateProfile> Make(const v1::OpenLoop& settings, int64_t duration_ns);

  // This profile with its rate multiplied, spell after spell; they cover it without gap.
  struct Spell {
    int64_t length_ns;
    int64_t micro_factor;  // 10⁶: as it is
  };
  absl::StatusOr<RateProfile> Modulated(const std::vector<Spell>& spells) const;

  int64_t duration_ns() const { return duration_ns_; }

  // Λ(t): operations planned before t.
  FemtoOperations Planned(int64_t t_ns) const;
  // Λ⁻¹: when `planned` ≤ Λ(duration) is reached. Monotone.
  int64_t TimeOf(FemtoOperations planned) const;
  // Whether the rate is the same all through [from, to].
  bool IsLevel(int64_t from_ns, int64_t to_ns) const;

 private:
  struct Segment {
    int64_t start_ns;
    int64_t length_ns;
    uint64_t from;  // 10⁻⁶ operations per second
    uint64_t to;
    FemtoOperations before;  // planned before start_ns
    FemtoOperations within;
  };

  static uint64_t RateAt(const Segment& segment, int64_t elapsed_ns);
  static FemtoOperations PlannedWithin(const Segment& segment, int64_t elapsed_ns);
  static int64_t ElapsedUntil(const Segment& segment, FemtoOperations planned);

  // Appends a segment, cut off at duration_ns_.
  void Append(int64_t length_ns, uint64_t from, uint64_t to);
  const Segment& At(int64_t t_ns) const;

  std::vector<Segment> segments_;  // without gaps over [0, duration_ns_)
  int64_t duration_ns_ = 0;
};

}  // namespace weir
