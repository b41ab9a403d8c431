// Scalability laws fitted to seeded points, as JSON lines for compare_fits.py.
#include <cstdio>

#include "base/random.h"
#include "measure/scalability.h"

int main() {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    weir::DrawStream draws(weir::DeriveKey(seed, "fits"), 0);
    const double alpha = 0.2 * draws.Unit();
    const double beta = 1e-4 + 2e-3 * draws.Unit();
    std::vector<weir::ScalabilityPoint> points;
    std::printf("{\"points\": [");
    for (const double n : {1, 2, 3, 5, 8, 16, 32, 64, 128}) {
      const double noise = 1 + 0.06 * (draws.Unit() - 0.5);
      points.push_back({n, noise * 900 * n / (1 + alpha * (n - 1) + beta * n * (n - 1))});
      std::printf("%s[%.17g, %.17g]", n > 1 ? ", " : "", n, points.back().per_s);
    }
    const weir::ScalabilityFit fit = weir::FitScalability(points, seed);
    std::printf("], \"missing\": \"%s\", \"gamma\": %.17g, \"alpha\": %.17g, \"beta\": %.17g}\n",
                fit.missing.c_str(), fit.gamma, fit.alpha, fit.beta);
  }
}
