#include "measure/paired_checks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "base/random.h"
#include "measure/student_t.h"

namespace weir {
namespace {

constexpr size_t kMostEnumerated = 20;
constexpr uint64_t kFlips = uint64_t{1} << kMostEnumerated;
// Sums that differ by rounding only are as far from zero as each other.
constexpr double kRounding = 1e-9;

double Sum(absl::Span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

double StandardDeviation(absl::Span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = Sum(values) / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double PairedTTestP(absl::Span<const double> differences) {
  const auto count = static_cast<double>(differences.size());
  if (count < 2) return 1;
  const double mean = Sum(differences) / count;
  const double error = StandardDeviation(differences) / std::sqrt(count);
  if (error == 0) return mean == 0 ? 1 : 0;
  const double freedom = count - 1;
  const double t = mean / error;
  return StudentP(t, freedom);
}

double SignFlipP(absl::Span<const double> differences) {
  if (differences.empty()) return 1;
  const size_t count = differences.size();
  const double seen = std::abs(Sum(differences));
  double amounts = 0;
  for (const double difference : differences) amounts += std::abs(difference);
  const double limit = seen - kRounding * amounts;
  const bool all = count <= kMostEnumerated;
  const uint64_t flips = all ? uint64_t{1} << count : kFlips;
  const uint64_t key = DeriveKey(count, "sign flips");
  uint64_t as_far = 0;
  for (uint64_t flip = 0; flip < flips; ++flip) {
    double sum = 0;
    uint64_t signs = flip;
    for (size_t i = 0; i < count; ++i) {
      if (!all && i % 64 == 0) signs = Draw(key, flip * (count / 64 + 1) + i / 64);
      sum += (signs & 1) != 0 ? differences[i] : -differences[i];
      signs >>= 1;
    }
    as_far += std::abs(sum) >= limit ? 1 : 0;
  }
  return static_cast<double>(as_far) / static_cast<double>(flips);
}

}  // namespace weir
