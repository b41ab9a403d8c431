// Draws one of n things by weight in constant time: Walker's alias method, in integers. Immutable;
// any thread.
#pragma once

#include <cstdint>
#include <vector>

namespace weir {

class WeightedChoice {
 public:
  // At least one weight is above 0; the largest times their number and their sum fit 64 bits.
  explicit WeightedChoice(const std::vector<uint64_t>& weights);

  uint32_t Choose(uint64_t draw) const {
    __extension__ using Wide = unsigned __int128;
    const Wide scaled = static_cast<Wide>(draw) * columns_.size();
    const uint32_t column = static_cast<uint32_t>(scaled >> 64);
    const uint32_t rest = static_cast<uint32_t>(static_cast<uint64_t>(scaled) >> 32);
    // Which of the two is as good as random: no branch to be guessed wrong.
    const uint32_t other = 0 - static_cast<uint32_t>(rest >= columns_[column].threshold);
    return column ^ ((column ^ columns_[column].alias) & other);
  }

 private:
  struct Column {
    uint32_t threshold;  // of 2³²; below it the column itself
    uint32_t alias;
  };
  std::vector<Column> columns_;
};

}  // namespace weir
