#include "measure/mser.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace weir {
namespace {

// Mean and sum of squared deviations, one value at a time (Welford).
class Moments {
 public:
  void Add(double value) {
    ++count_;
    const double deviation = value - mean_;
    mean_ += deviation / static_cast<double>(count_);
    squares_ += deviation * (value - mean_);
  }
  size_t count() const { return count_; }
  double mean() const { return mean_; }
  double squares() const { return squares_; }

 private:
  size_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

}  // namespace

std::vector<double> BatchMeans(absl::Span<const double> values, size_t batch) {
  std::vector<double> means;
  means.reserve(values.size() / batch);
  for (size_t at = 0; at + batch <= values.size(); at += batch) {
    const absl::Span<const double> part = values.subspan(at, batch);
    means.push_back(std::accumulate(part.begin(), part.end(), 0.0) / static_cast<double>(batch));
  }
  return means;
}

size_t MserCut(absl::Span<const double> batches) {
  const size_t least = MserLeast(batches.size());
  if (batches.size() <= least) return 0;
  // From the end, so that every step adds one value to what stays.
  Moments kept;
  size_t best_cut = 0;
  double best = std::numeric_limits<double>::infinity();
  for (size_t cut = batches.size(); cut-- > 0;) {
    kept.Add(batches[cut]);
    if (kept.count() < least) continue;
    const auto n = static_cast<double>(kept.count());
    const double error = kept.squares() / (n * n);
    if (error > best) continue;
    best = error;
    best_cut = cut;
  }
  return best_cut;
}

double StandardErrorsApart(absl::Span<const double> values, size_t cut) {
  Moments dropped;
  Moments kept;
  for (size_t i = 0; i < values.size(); ++i) (i < cut ? dropped : kept).Add(values[i]);
  if (dropped.count() == 0 || kept.count() == 0) return 0;
  const double difference = std::abs(dropped.mean() - kept.mean());
  if (difference == 0) return 0;
  if (values.size() < 3) return 0;
  const double variance =
      (dropped.squares() + kept.squares()) / static_cast<double>(values.size() - 2);
  const double error = std::sqrt(variance / static_cast<double>(dropped.count()) +
                                 variance / static_cast<double>(kept.count()));
  return error == 0 ? std::numeric_limits<double>::infinity() : difference / error;
}

}  // namespace weir
