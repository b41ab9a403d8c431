#include "generators/weighted_choice.h"

#include <numeric>

#include "base/check.h"
#include "generators/portable_math.h"

namespace weir {

// Vose's construction: each column gets at most one alias, from those that still have too much.
WeightedChoice::WeightedChoice(const std::vector<uint64_t>& weights) {
  const uint64_t sum = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  WEIR_CHECK(sum > 0);
  const uint64_t n = weights.size();
  std::vector<uint64_t> scaled(n);
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  for (uint32_t i = 0; i < n; ++i) {
    scaled[i] = weights[i] * n;
    (scaled[i] < sum ? small : large).push_back(i);
  }
  columns_.resize(n);
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back();
    const uint32_t rich = large.back();
    small.pop_back();
    columns_[poor] = {static_cast<uint32_t>((Uint128{scaled[poor]} << 32) / sum), rich};
    scaled[rich] -= sum - scaled[poor];
    if (scaled[rich] < sum) {
      large.pop_back();
      small.push_back(rich);
    }
  }
  for (uint32_t i : large) columns_[i] = {0xffffffff, i};
  for (uint32_t i : small) columns_[i] = {0xffffffff, i};
}

}  // namespace weir
