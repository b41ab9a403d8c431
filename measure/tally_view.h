// A v1.Tally read where it lies: its counts by field number, its histograms still encoded. Made
// from wire bytes without building a message, or from a message; valid as long as those. Not
// thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/results.pb.h"

namespace weir {

// Counts by their field number in v1.Tally, so that adding them needs no names.
struct TallyCounts {
  static constexpr size_t kFields = 32;
  std::array<uint64_t, kFields> by_field{};

  void Add(const TallyCounts& other) {
    for (size_t i = 0; i < kFields; ++i) by_field[i] += other.by_field[i];
  }
  void AddTo(v1::Tally* tally) const;  // the counts only
  static TallyCounts Of(const v1::Tally& tally);
  bool operator==(const TallyCounts& other) const = default;

  uint64_t planned() const { return by_field[v1::Tally::kPlannedFieldNumber]; }
  uint64_t Settled() const;  // see measure/tally.h
};

struct TallyView {
  TallyCounts counts;
  std::array<std::string_view, TallyCounts::kFields> histograms;  // V2 payloads, by field number

  static TallyView Of(const v1::Tally& tally);

  // False when these bytes are not such a message, or are written in a way that Weir does not write
  // (unknown fields, groups): what the message is then, protobuf has to say. Nothing is decoded or
  // checked of the histograms.
  bool Read(std::string_view wire);
};

}  // namespace weir
