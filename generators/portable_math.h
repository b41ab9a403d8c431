// Elementary functions built from IEEE 754 basic operations (+ − × ÷ √) only, which every machine
// rounds alike. The platform's libm differs from version to version; what a seed means must not.
// Relative error below 1e-14. Pure; any thread.
#pragma once

#include <cstdint>

namespace weir {

__extension__ using Uint128 = unsigned __int128;

double PortableLog(double x);                     // x > 0, normal
double PortableLog1p(double x);                   // x > −1
double PortableExp(double x);                     // 0 below −700; x ≤ 700
double PortableExpm1(double x);                   // x ≤ 700
double PortablePower(double x, double exponent);  // x > 0
double PortableLogFactorial(uint64_t n);

// Σ k^exponent for k from first ≥ 1 to end−1, for exponents from −5 to 0.
double PowerSum(double exponent, uint64_t first, uint64_t end);

// The z with P(Z ≤ z) = p for a standard normal Z; 0 < p < 1. Wichura, AS 241 (1988).
double NormalQuantile(double p);

// ⌊√x⌋.
uint64_t IntegerSqrt(Uint128 x);

}  // namespace weir
