#include "measure/histogram.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "absl/numeric/int128.h"

#include "base/check.h"
#include "base/status.h"
#include "measure/v2_payload.h"

namespace weir {
namespace {

static_assert(Histogram::HighestEquivalent(Histogram::kCounters - 1) == (uint64_t{1} << 42) - 1);
static_assert(Histogram::kHighest < uint64_t{1} << 42, "one counter array for the whole range");

constexpr uint64_t kBillion = 1'000'000'000;

uint64_t Billionths(double q) {
  return static_cast<uint64_t>(std::llround(std::clamp(q, 0.0, 1.0) * kBillion));
}

uint64_t NearestRank(double q, uint64_t n) {
  const absl::uint128 product = absl::uint128(n) * Billionths(q);
  return std::max<uint64_t>(1, static_cast<uint64_t>((product + kBillion - 1) / kBillion));
}

double Midpoint(size_t index) {
  const uint64_t lowest = Histogram::LowestEquivalent(index);
  const uint64_t half_width = (Histogram::HighestEquivalent(index) - lowest + 1) / 2;
  return static_cast<double>(lowest + half_width);
}

uint64_t* AllocateZeroed() {
  // calloc, unlike new, takes pages that the kernel has zeroed and leaves them untouched until
  // used.
  void* counters = std::calloc(Histogram::kCounters, sizeof(uint64_t));
  WEIR_CHECK(counters != nullptr);
  return static_cast<uint64_t*>(counters);
}

}  // namespace

Histogram::Histogram() : counters_(AllocateZeroed()) {}

Histogram::Histogram(const Histogram& other) : Histogram() { *this = other; }

Histogram& Histogram::operator=(const Histogram& other) {
  if (this == &other) return *this;
  if (counters_ == nullptr) counters_.reset(AllocateZeroed());
  Clear();
  Add(other);
  return *this;
}

void Histogram::Add(const Histogram& other) {
  if (other.empty()) return;
  WEIR_CHECK(other.count_ <= kMostValues - count_);
  uint64_t* const to = counters_.get();
  const uint64_t* const from = other.counters_.get();
  for (size_t i = other.first_; i < other.end_; ++i) to[i] += from[i];
  Widen(other.first_, other.end_);
  count_ += other.count_;
  overflow_ += other.overflow_;
}

void Histogram::Clear() {
  if (!empty()) std::fill(counters_.get() + first_, counters_.get() + end_, 0);
  first_ = kCounters;
  end_ = 0;
  count_ = 0;
  overflow_ = 0;
}

uint64_t Histogram::ValueAtQuantile(double q) const {
  if (empty()) return 0;
  const uint64_t rank = NearestRank(q, count_);
  const uint64_t* const counters = counters_.get();
  uint64_t seen = 0;
  for (size_t i = first_; i < end_; ++i) {
    seen += counters[i];
    if (seen >= rank) return HighestEquivalent(i);
  }
  return Max();
}

uint64_t Histogram::Min() const { return empty() ? 0 : LowestEquivalent(first_); }

uint64_t Histogram::Max() const { return empty() ? 0 : HighestEquivalent(end_ - 1); }

double Histogram::Mean() const {
  if (empty()) return 0;
  double sum = 0;
  for (size_t i = first_; i < end_; ++i) sum += static_cast<double>(counters_[i]) * Midpoint(i);
  return sum / static_cast<double>(count_);
}

double Histogram::StdDev() const {
  if (empty()) return 0;
  const double mean = Mean();
  double squares = 0;
  for (size_t i = first_; i < end_; ++i) {
    const double distance = Midpoint(i) - mean;
    squares += static_cast<double>(counters_[i]) * distance * distance;
  }
  return std::sqrt(squares / static_cast<double>(count_));
}

bool Histogram::CanReport(double q) const {
  const uint64_t billionths = Billionths(q);
  if (billionths <= kBillion * 9 / 10) return count_ >= 10;
  return absl::uint128(count_) * (kBillion - billionths) >= absl::uint128(100) * kBillion;
}

bool Histogram::operator==(const Histogram& other) const {
  return count_ == other.count_ && first_ == other.first_ && end_ == other.end_ &&
         (empty() || std::equal(counters_.get() + first_, counters_.get() + end_,
                                other.counters_.get() + first_));
}

std::string Histogram::EncodeV2() const { return EncodeV2Payload({counters_.get(), end_}); }

absl::Status Histogram::AddEncodedV2(std::string_view payload) {
  if (payload.empty()) return absl::OkStatus();
  uint64_t* const counters = counters_.get();
  const uint64_t most = kMostValues - count_;
  size_t first = kCounters;
  size_t end = 0;
  uint64_t total = 0;
  const auto add = [&](size_t index, uint64_t count) {
    counters[index] += count;
    first = count > 0 ? std::min(first, index) : first;
    end = count > 0 ? index + 1 : end;
    total += count;
  };
  absl::Status walked = WalkV2Payload(payload, most, add);
  if (!walked.ok()) {
    // The same walk again ends at the same byte and takes back exactly what was added.
    const auto subtract = [&](size_t index, uint64_t count) { counters[index] -= count; };
    (void)WalkV2Payload(payload, most, subtract);
    return walked;
  }
  Widen(first, end);
  count_ += total;
  return absl::OkStatus();
}

void Histogram::TakeBackEncodedV2(std::string_view payload) {
  if (payload.empty()) return;
  const auto subtract = [&](size_t index, uint64_t count) {
    WEIR_CHECK(counters_[index] >= count);
    counters_[index] -= count;
    count_ -= count;
  };
  WEIR_CHECK(WalkV2Payload(payload, count_, subtract).ok());
  Tighten();
}

void Histogram::Tighten() {
  while (first_ < end_ && counters_[first_] == 0) ++first_;
  while (end_ > first_ && counters_[end_ - 1] == 0) --end_;
  if (first_ == end_) {
    first_ = kCounters;
    end_ = 0;
  }
}

}  // namespace weir
