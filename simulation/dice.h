// The only source of randomness in a simulated world: a stream of draws from one seed and purpose.
// One thread.
#pragma once

#include <cmath>
#include <cstdint>

#include "absl/strings/string_view.h"

#include "base/random.h"

namespace weir {

class Dice {
 public:
  Dice(uint64_t seed, absl::string_view purpose) : draws_(DeriveKey(seed, purpose), 0) {}

  bool Chance(double probability) { return draws_.Unit() < probability; }
  uint64_t Below(uint64_t bound) { return draws_.Below(bound); }

  // Uniform over lowest … highest.
  int64_t Between(int64_t lowest, int64_t highest) {
    return lowest + static_cast<int64_t>(draws_.Below(static_cast<uint64_t>(highest - lowest) + 1));
  }

  // Every order of magnitude is as likely as the next. 0 < lowest ≤ highest.
  int64_t Spread(int64_t lowest, int64_t highest) {
    const double ratio = static_cast<double>(highest) / static_cast<double>(lowest);
    return lowest +
           static_cast<int64_t>(static_cast<double>(lowest) * (std::pow(ratio, draws_.Unit()) - 1));
  }

 private:
  DrawStream draws_;
};

}  // namespace weir
