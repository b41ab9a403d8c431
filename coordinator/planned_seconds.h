// How many operations an agent's share of the plan holds, by second: of one operation. As many
// bytes a second as the largest count needs, since a coordinator of many agents holds all of their
// plans.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/control.pb.h"

namespace weir {

class PlannedSeconds {
 public:
  explicit PlannedSeconds(const v1::PlannedCounts& counts)
      : phase_(counts.phase()),
        operation_(counts.operation()),
        first_second_(counts.first_second()) {
    uint64_t largest = 0;
    for (const uint64_t count : counts.by_second()) largest |= count;
    width_ = (static_cast<size_t>(std::bit_width(largest)) + 7) / 8;
    bytes_.reserve(width_ * static_cast<size_t>(counts.by_second_size()));
    for (const uint64_t count : counts.by_second()) {
      for (size_t i = 0; i < width_; ++i) bytes_.push_back(static_cast<uint8_t>(count >> 8 * i));
    }
    seconds_ = counts.by_second_size();
  }

  v1::Phase phase() const { return phase_; }
  uint32_t operation() const { return operation_; }
  uint32_t first_second() const { return first_second_; }
  uint32_t end_second() const { return first_second_ + static_cast<uint32_t>(seconds_); }

  uint64_t At(uint32_t second) const {
    if (second < first_second_ || second >= end_second()) return 0;
    uint64_t count = 0;
    for (size_t i = 0; i < width_; ++i) {
      count |= static_cast<uint64_t>(bytes_[width_ * (second - first_second_) + i]) << 8 * i;
    }
    return count;
  }

  // Nothing more is expected of this second.
  void Settle(uint32_t second) {
    if (second < first_second_ || second >= end_second()) return;
    for (size_t i = 0; i < width_; ++i) bytes_[width_ * (second - first_second_) + i] = 0;
  }

 private:
  v1::Phase phase_;
  uint32_t operation_;
  uint32_t first_second_;
  int seconds_ = 0;
  size_t width_ = 0;
  std::vector<uint8_t> bytes_;  // the lowest first
};

}  // namespace weir
