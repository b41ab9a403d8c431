// Series with a known truth: noise, transients, shifts, drift. Deterministic by seed; header-only.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "base/random.h"

namespace weir {

// Standard normal (Box–Muller), from two draws.
inline double Normal(DrawStream& draws) {
  const double radius = std::sqrt(-2 * std::log(1 - draws.Unit()));
  return radius * std::cos(2 * std::numbers::pi * draws.Unit());
}

// `level` with normal noise of relative standard deviation `noise`; neighbours correlate by `phi`.
inline std::vector<double> NoisySeries(size_t seconds, double level, double noise, uint64_t seed,
                                       double phi = 0) {
  DrawStream draws(DeriveKey(seed, "noisy series"), 0);
  std::vector<double> values(seconds);
  double state = Normal(draws);
  for (double& value : values) {
    value = level * (1 + noise * state);
    state = phi * state + std::sqrt(1 - phi * phi) * Normal(draws);
  }
  return values;
}

// Starts `height` times too high and decays exponentially.
inline void AddTransient(double height, double time_constant, std::vector<double>* values) {
  for (size_t i = 0; i < values->size(); ++i) {
    (*values)[i] *= 1 + height * std::exp(-static_cast<double>(i) / time_constant);
  }
}

inline void AddShift(double factor, size_t at, std::vector<double>* values) {
  for (size_t i = at; i < values->size(); ++i) (*values)[i] *= factor;
}

inline void AddDrift(double per_minute, std::vector<double>* values) {
  for (size_t i = 0; i < values->size(); ++i) {
    (*values)[i] *= 1 + per_minute * static_cast<double>(i) / 60;
  }
}

// What the numbers of numpy and scipy in these tests were made from: 40 values with a trend.
inline std::vector<double> OracleSeries() {
  std::vector<double> values(40);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = 100 + 0.3 * static_cast<double>(i) + 10 * Unit(Draw(7, i));
  }
  return values;
}

}  // namespace weir
