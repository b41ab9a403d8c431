// Zipf's law over a number of ranks that stays the same: several times faster than ZipfLaw, from a
// table whose size does not depend on that number. Immutable; any thread.
//
// Ranks lie in buckets of a quarter of an octave. A bucket is drawn by its exact weight, a rank in
// it evenly, and kept with the probability that the law gives it against the bucket's first; bounds
// from a table spare computing that probability nearly always.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "generators/weighted_choice.h"

namespace weir {

class ZipfTable {
 public:
  // theta from 0 to 5, ranks from 1 to 2⁵⁰.
  ZipfTable(double theta, uint64_t ranks);

  // A rank, 0 … ranks−1; 0 is the most frequent.
  uint64_t Choose(DrawStream& draws) const;

 private:
  struct Bucket {
    uint64_t first;  // ranks counted from 1
    uint64_t size;
    double knots_per_rank;
  };

  static std::vector<Bucket> MakeBuckets(uint64_t ranks);
  static std::vector<uint64_t> Weigh(double theta, const std::vector<Bucket>& buckets);
  double KeepProbability(const Bucket& bucket, uint64_t offset) const;

  double theta_;
  std::vector<Bucket> buckets_;
  WeightedChoice choice_;
  std::vector<double> keep_;  // (1 + i/1024)^−θ: never less than for ranks further on
};

}  // namespace weir
