// A seeded bijection of 0 … size−1 in constant memory and time: rounds of odd multiplication and
// exclusive or on the next power of two, walked until the result lies inside (less than two steps
// on average). Immutable; any thread.
#pragma once

#include <bit>
#include <cstdint>

#include "base/random.h"

namespace weir {

class Permutation {
 public:
  // size > 0.
  Permutation(uint64_t key, uint64_t size) : size_(size) {
    const int bits = size <= 1 ? 0 : 64 - std::countl_zero(size - 1);
    mask_ = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
    shift_ = (bits + 1) / 2;
    DrawStream draws(key, size);
    used_rounds_ = bits > 10 ? 4 : kMostRounds;
    for (int i = 0; i < used_rounds_; ++i) rounds_[i] = {draws.Next() | 1, draws.Next()};
  }

  uint64_t size() const { return size_; }

  // Where `position` < size goes.
  uint64_t operator()(uint64_t position) const {
    do {
      position = Step(position);
    } while (position >= size_);
    return position;
  }

 private:
  // Few bits need many rounds until each order of a small block is as likely as any other:
  // measured, with ten no bias is left to see in 10⁵ blocks of three to six.
  static constexpr int kMostRounds = 10;

  struct Round {
    uint64_t factor;  // odd
    uint64_t addend;
  };

  uint64_t Step(uint64_t x) const {
    for (int i = 0; i < used_rounds_; ++i) {
      x = (x * rounds_[i].factor + rounds_[i].addend) & mask_;
      x ^= x >> shift_;
    }
    return x;
  }

  uint64_t size_;
  uint64_t mask_;
  int shift_;
  int used_rounds_;
  Round rounds_[kMostRounds];
};

}  // namespace weir
