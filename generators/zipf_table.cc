#include "generators/zipf_table.h"

#include <algorithm>
#include <bit>

#include "generators/portable_math.h"

namespace weir {
namespace {

constexpr int kKnots = 1024;  // per doubling of the rank, spaced evenly

}  // namespace

std::vector<ZipfTable::Bucket> ZipfTable::MakeBuckets(uint64_t ranks) {
  std::vector<Bucket> buckets;
  for (uint64_t first = 1; first <= ranks;) {
    const uint64_t quarter = std::bit_floor(first) / 4;
    const uint64_t size = std::min(std::max<uint64_t>(quarter, 1), ranks - first + 1);
    buckets.push_back({first, size, kKnots / static_cast<double>(first)});
    first += size;
  }
  return buckets;
}

std::vector<uint64_t> ZipfTable::Weigh(double theta, const std::vector<Bucket>& buckets) {
  std::vector<double> sums;
  double total = 0;
  for (const Bucket& bucket : buckets) {
    sums.push_back(PowerSum(-theta, bucket.first, bucket.first + bucket.size));
    total += sums.back();
  }
  std::vector<uint64_t> weights;
  for (double sum : sums) weights.push_back(static_cast<uint64_t>(sum / total * 0x1.0p52));
  return weights;
}

ZipfTable::ZipfTable(double theta, uint64_t ranks)
    : theta_(theta), buckets_(MakeBuckets(ranks)), choice_(Weigh(theta, buckets_)) {
  for (int i = 0; i <= kKnots / 4 + 1; ++i) {
    keep_.push_back(PortablePower(1 + static_cast<double>(i) / kKnots, -theta));
  }
}

uint64_t ZipfTable::Choose(DrawStream& draws) const {
  const Bucket& bucket = buckets_[choice_.Choose(draws.Next())];
  if (bucket.size == 1) return bucket.first - 1;
  while (true) {
    const Uint128 scaled = Uint128{draws.Next()} * bucket.size;
    const uint64_t offset = static_cast<uint64_t>(scaled >> 64);
    // What the choice of the rank left over of the draw's bits decides whether it is kept.
    const double rest = Unit(static_cast<uint64_t>(scaled));
    const int knot = static_cast<int>(static_cast<double>(offset) * bucket.knots_per_rank);
    if (rest < keep_[knot + 1]) return bucket.first + offset - 1;
    if (rest < keep_[knot] && rest < KeepProbability(bucket, offset)) {
      return bucket.first + offset - 1;
    }
  }
}

double ZipfTable::KeepProbability(const Bucket& bucket, uint64_t offset) const {
  return PortablePower(1 + static_cast<double>(offset) / static_cast<double>(bucket.first),
                       -theta_);
}

}  // namespace weir
