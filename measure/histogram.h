// HdrHistogram with one fixed layout for the whole product (R12): unit 1, lowest 1,
// highest 3.6·10¹² (one hour of nanoseconds), 3 significant digits = 33,792 counters. Bucket width
// ÷ value ≤ 1/1024; a reported value is the highest equivalent one and overstates by less than
// 0.098 %.
//
// Merging adds counters, so that any split of the same values merges to the identical histogram.
// Single writer; not thread-safe. Memory: 264 KiB of address space, of which only the pages that
// were recorded into become resident; cleared in proportion to the range in use.
//
// Layout and V2 payload: HdrHistogram (Gil Tene), public domain; quantiles are nearest rank (R14),
// where HdrHistogram_c rounds.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "base/check.h"

namespace weir {

class Histogram {
 public:
  static constexpr uint64_t kHighest = 3'600'000'000'000;
  static constexpr int kSignificantDigits = 3;
  static constexpr size_t kCounters = 33'792;
  static constexpr uint64_t kMostValues =
      std::numeric_limits<int64_t>::max();  // a V2 count is signed

  Histogram();
  Histogram(const Histogram& other);
  Histogram& operator=(const Histogram& other);
  // What was moved from may only be destroyed or assigned to.
  Histogram(Histogram&&) noexcept = default;
  Histogram& operator=(Histogram&&) noexcept = default;

  // Never loses a value: above kHighest it is counted at kHighest and in overflow().
  void Record(uint64_t value) { RecordTimes(value, 1); }
  void RecordTimes(uint64_t value, uint64_t times);

  void Add(const Histogram& other);
  void Clear();

  uint64_t count() const { return count_; }
  uint64_t overflow() const { return overflow_; }
  bool empty() const { return count_ == 0; }

  // Nearest rank: the ⌈q·n⌉-th smallest value (at least the first), as the highest equivalent of
  // its bucket. 0 when empty. 0 ≤ q ≤ 1. The rank is exact for every q of up to nine decimals: q is
  // taken as a whole number of billionths, so that 0.99 of 100 values is the 99th and never the
  // 100th, whatever the floating-point product says.
  uint64_t ValueAtQuantile(double q) const;
  uint64_t Min() const;   // lowest equivalent of the lowest bucket in use; 0 when empty
  uint64_t Max() const;   // highest equivalent of the highest bucket in use; 0 when empty
  double Mean() const;    // of bucket midpoints; 0 when empty
  double StdDev() const;  // of bucket midpoints, of the whole population; 0 when empty

  // Enough samples to print this quantile: n·(1−q) ≥ 100, except that quantiles up to 0.9 need 10
  // in all (R14).
  bool CanReport(double q) const;

  // Calls visit(highest_equivalent_value, count) for each bucket in use, in order.
  template <typename Visit>
  void ForEachBucket(Visit visit) const {
    for (size_t i = first_; i < end_; ++i) {
      if (counters_[i] != 0) visit(HighestEquivalent(i), counters_[i]);
    }
  }

  // The V2 payload, not deflated. Overflow is kept beside it in the wire's own fields where needed:
  // the payload itself counts overflowing values at kHighest.
  std::string EncodeV2() const;

  // Decodes straight into this histogram, adding. Every byte is bounds-checked; on an error this
  // histogram is unchanged. An empty payload adds nothing.
  absl::Status AddEncodedV2(std::string_view payload);

  // Undoes an AddEncodedV2 of this payload.
  void TakeBackEncodedV2(std::string_view payload);

  bool operator==(const Histogram& other) const;  // counters only

  static constexpr size_t IndexOf(uint64_t value);  // value ≤ kHighest
  static constexpr uint64_t LowestEquivalent(size_t index);
  static constexpr uint64_t HighestEquivalent(size_t index);

 private:
  // Values below 2¹¹ have a counter each. Every doubling above shares 2¹⁰ counters.
  static constexpr int kHalfBits = 10;
  static constexpr uint64_t kHalf = uint64_t{1} << kHalfBits;

  struct Free {
    void operator()(uint64_t* counters) const { std::free(counters); }
  };

  static constexpr int ShiftOf(size_t index);
  void Widen(size_t first, size_t end);
  void Tighten();

  std::unique_ptr<uint64_t[], Free> counters_;
  // Counters outside [first_, end_) are zero; those at first_ and end_ − 1 are not.
  size_t first_ = kCounters;
  size_t end_ = 0;
  uint64_t count_ = 0;  // sum of all counters, at most kMostValues
  uint64_t overflow_ = 0;
};

// --------------------------------------------------------------------------- the hot path, inlined

constexpr size_t Histogram::IndexOf(uint64_t value) {
  const int shift = std::bit_width(value | (2 * kHalf - 1)) - (kHalfBits + 1);
  return (static_cast<size_t>(shift) << kHalfBits) + (value >> shift);
}

constexpr int Histogram::ShiftOf(size_t index) {
  return index < 2 * kHalf ? 0 : static_cast<int>(index >> kHalfBits) - 1;
}

constexpr uint64_t Histogram::LowestEquivalent(size_t index) {
  const int shift = ShiftOf(index);
  return (index - (static_cast<uint64_t>(shift) << kHalfBits)) << shift;
}

constexpr uint64_t Histogram::HighestEquivalent(size_t index) {
  return LowestEquivalent(index) + (uint64_t{1} << ShiftOf(index)) - 1;
}

inline void Histogram::Widen(size_t first, size_t end) {
  if (first < first_) first_ = first;
  if (end > end_) end_ = end;
}

inline void Histogram::RecordTimes(uint64_t value, uint64_t times) {
  if (times == 0) return;
  WEIR_CHECK(times <= kMostValues - count_);
  if (value > kHighest) [[unlikely]] {
    overflow_ += times;
    value = kHighest;
  }
  const size_t index = IndexOf(value);
  counters_[index] += times;
  count_ += times;
  Widen(index, index + 1);
}

}  // namespace weir
