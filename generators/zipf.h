// Zipf's law: rank k of n has a weight of (k+1)^−θ. Immutable; any thread.
//
// Source: rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates
// from monotone discrete distributions", 1996): exact for every θ ≥ 0, constant time, no tables.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace weir {

class ZipfLaw {
 public:
  explicit ZipfLaw(double theta);

  double theta() const { return theta_; }

  // What the law needs to know of n ≥ 1; worth keeping where n stays the same.
  struct Ranks {
    uint64_t count;
    double integral;
  };
  Ranks Over(uint64_t n) const;

  // A rank, 0 … n−1; 0 is the most frequent.
  uint64_t Choose(const Ranks& ranks, DrawStream& draws) const;

 private:
  double Weight(double x) const;    // h: x^−θ
  double Integral(double x) const;  // H: of h, from 1 to x
  double InverseIntegral(double y) const;

  double theta_;
  double first_integral_;  // H(1.5) − h(1)
  double squeeze_;
};

}  // namespace weir
