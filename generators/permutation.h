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
    for (Round& round : rounds_) round = {draws.Next() | 1, draws.Next()};
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
  struct Round {
    uint64_t factor;  // odd
    uint64_t addend;
  };

  uint64_t Step(uint64_t x) const {
    for (const Round& round : rounds_) {
      x = (x * round.factor + round.addend) & mask_;
      x ^= x >> shift_;
    }
    return x;
  }

  uint64_t size_;
  uint64_t mask_;
  int shift_;
  Round rounds_[4];
};

}  // namespace weir
