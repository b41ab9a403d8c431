// The Universal Scalability Law, X(N) = γN ÷ (1 + α(N−1) + βN(N−1)): how throughput grows with the
// number of sessions, what contention (α) and coherence (β) take from it, and where it peaks. Pure.
//
// Source: Gunther, "Guerrilla Capacity Planning", Springer 2007, chapters 4 to 6. Fitted by
// weighted least squares to N ÷ X = c₀ + c₁(N−1) + c₂N(N−1), which is linear, with non-negative
// coefficients; γ = 1/c₀, α = c₁/c₀, β = c₂/c₀. The weights (X/N)² make relative errors of X count
// alike. Intervals: bootstrap of the relative residuals.
#pragma once

#include <cstdint>
#include <string>

#include "absl/types/span.h"

namespace weir {

// A closed loop of so many sessions, and the throughput that it reached.
struct ScalabilityPoint {
  double sessions;
  double per_s;
};

struct ConfidenceInterval {
  double low = 0;
  double high = 0;
};

struct ScalabilityFit {
  std::string missing;  // why there is no fit; empty when there is one
  double gamma = 0;     // operations per second of one session alone
  double alpha = 0;
  double beta = 0;
  double peak_sessions = 0;  // √((1 − α) ÷ β), at least 1
  double peak_per_s = 0;
  ConfidenceInterval alpha_95;
  ConfidenceInterval beta_95;
  ConfidenceInterval peak_95;
};

inline constexpr size_t kFewestScalabilityPoints = 7;

// Nothing is extrapolated from loads that stop short of the peak: without one beyond the highest
// throughput, or with fewer than kFewestScalabilityPoints different loads, there is no fit (R34).
// Neither is there one whose interval of β reaches zero: then the law has no peak that is known.
ScalabilityFit FitScalability(absl::Span<const ScalabilityPoint> points, uint64_t seed);

}  // namespace weir
