#include "generators/poisson.h"

#include <cmath>

#include "generators/portable_math.h"

namespace weir {
namespace {

// Inversion by sequential search.
uint64_t SmallCount(double mean, DrawStream& draws) {
  double probability = PortableExp(-mean);
  double rest = draws.Unit();
  uint64_t count = 0;
  while (rest >= probability && count < 1000) {
    rest -= probability;
    ++count;
    probability *= mean / static_cast<double>(count);
  }
  return count;
}

// Transformed rejection with squeeze: PTRS of Hörmann, "The transformed rejection method for
// generating Poisson random variables", 1993.
uint64_t LargeCount(double mean, DrawStream& draws) {
  const double log_mean = PortableLog(mean);
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double squeeze = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = draws.Unit() - 0.5;
    const double v = 1 - draws.Unit();
    const double us = 0.5 - std::fabs(u);
    if (us == 0) continue;
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return static_cast<uint64_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const double left = PortableLog(v * inverse_alpha / (a / (us * us) + b));
    const double right = k * log_mean - mean - PortableLogFactorial(static_cast<uint64_t>(k));
    if (left <= right) return static_cast<uint64_t>(k);
  }
}

}  // namespace

uint64_t PoissonCount(double mean, DrawStream& draws) {
  if (mean <= 0) return 0;
  return mean < 10 ? SmallCount(mean, draws) : LargeCount(mean, draws);
}

}  // namespace weir
