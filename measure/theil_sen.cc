#include "measure/theil_sen.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace weir {
namespace {

constexpr double kZ = 3.2905267314919255;  // of the normal law, two-sided 99.9 %

double MedianOfSorted(absl::Span<const double> sorted) {
  if (sorted.empty()) return 0;
  const size_t middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

// Kendall's variance under no trend, ties of the values taken into account.
double KendallVariance(absl::Span<const double> values) {
  const auto term = [](double n) { return n * (n - 1) * (2 * n + 5) / 18; };
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  double variance = term(static_cast<double>(sorted.size()));
  for (auto tied = sorted.begin(); tied != sorted.end();) {
    const auto next = std::upper_bound(tied, sorted.end(), *tied);
    variance -= term(static_cast<double>(next - tied));
    tied = next;
  }
  return variance;
}

}  // namespace

Slope TheilSen(absl::Span<const double> values) {
  const size_t n = values.size();
  if (n < 3) return {};
  std::vector<double> slopes;
  slopes.reserve(n * (n - 1) / 2);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = i + 1; j < n; ++j) {
      slopes.push_back((values[j] - values[i]) / static_cast<double>(j - i));
    }
  }
  std::sort(slopes.begin(), slopes.end());
  const auto pairs = static_cast<double>(slopes.size());
  const double spread = kZ * std::sqrt(KendallVariance(values));
  const auto at = [&](double rank) {
    return slopes[static_cast<size_t>(std::clamp(std::round(rank), 0.0, pairs - 1))];
  };
  return {.median = MedianOfSorted(slopes),
          .low = at((pairs - spread) / 2 - 1),
          .high = at((pairs + spread) / 2)};
}

double Median(absl::Span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return MedianOfSorted(sorted);
}

}  // namespace weir
