#include "generators/zipf.h"

#include <algorithm>

#include "generators/portable_math.h"

namespace weir {
namespace {

// ln(1+x)/x and (eˣ−1)/x, continuous at 0: what makes θ = 1 an ordinary case.
double LogRatio(double x) { return x > -1e-9 && x < 1e-9 ? 1 - x / 2 : PortableLog1p(x) / x; }
double ExpRatio(double x) { return x > -1e-9 && x < 1e-9 ? 1 + x / 2 : PortableExpm1(x) / x; }

}  // namespace

ZipfLaw::ZipfLaw(double theta) : theta_(theta) {
  first_integral_ = Integral(1.5) - 1;
  squeeze_ = 2 - InverseIntegral(Integral(2.5) - Weight(2));
}

ZipfLaw::Ranks ZipfLaw::Over(uint64_t n) const {
  return {n, Integral(static_cast<double>(n) + 0.5)};
}

uint64_t ZipfLaw::Choose(const Ranks& ranks, DrawStream& draws) const {
  if (theta_ == 0) return draws.Below(ranks.count);
  while (true) {
    const double y = ranks.integral + draws.Unit() * (first_integral_ - ranks.integral);
    const double x = InverseIntegral(y);
    const uint64_t k =
        x < 1 ? 1 : std::clamp<uint64_t>(static_cast<uint64_t>(x + 0.5), 1, ranks.count);
    const double rank = static_cast<double>(k);
    if (rank - x <= squeeze_ || y >= Integral(rank + 0.5) - Weight(rank)) return k - 1;
  }
}

double ZipfLaw::Weight(double x) const { return PortableExp(-theta_ * PortableLog(x)); }

double ZipfLaw::Integral(double x) const {
  const double log = PortableLog(x);
  return ExpRatio((1 - theta_) * log) * log;
}

double ZipfLaw::InverseIntegral(double y) const {
  const double t = y * (1 - theta_);
  // Rounding may carry t to or past the pole at −1, where x would be without end.
  if (t <= -1) return 0x1.0p62;
  return PortableExp(std::min(LogRatio(t) * y, 43.0));
}

}  // namespace weir
