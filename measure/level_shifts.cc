#include "measure/level_shifts.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random.h"

namespace weir {
namespace {

struct Split {
  size_t at = 0;
  double energy = -1;
};

// The sum of |x − y| over the pairs within any stretch of a series, each in constant time.
class DistanceSums {
 public:
  void Fill(absl::Span<const double> values) {
    width_ = values.size() + 1;
    corner_.assign(width_ * width_, 0);
    for (size_t i = 0; i < values.size(); ++i) {
      double row = 0;
      const double* const above = &corner_[i * width_];
      double* const here = &corner_[(i + 1) * width_];
      for (size_t j = 0; j < values.size(); ++j) {
        row += std::abs(values[i] - values[j]);
        here[j + 1] = above[j + 1] + row;
      }
    }
  }

  double Within(size_t begin, size_t end) const {
    const double square = corner_[end * width_ + end] - corner_[begin * width_ + end] -
                          corner_[end * width_ + begin] + corner_[begin * width_ + begin];
    return square / 2;  // which holds every pair twice
  }

 private:
  size_t width_ = 0;
  std::vector<double> corner_;  // of the matrix of distances, summed from its first corner
};

class Divider {
 public:
  Divider(absl::Span<const double> values, const LevelShiftSettings& settings)
      : values_(values), settings_(settings) {}

  // Adds the bounds found within [begin, end), in order.
  void Divide(size_t begin, size_t end, std::vector<size_t>* bounds) {
    if (end - begin < 2 * settings_.least_part) return;
    std::vector<double> part(values_.begin() + static_cast<std::ptrdiff_t>(begin),
                             values_.begin() + static_cast<std::ptrdiff_t>(end));
    const Split best = BestSplit(part);
    if (!IsSignificant(best.energy, std::move(part))) return;
    Divide(begin, begin + best.at, bounds);
    bounds->push_back(begin + best.at);
    Divide(begin + best.at, end, bounds);
  }

 private:
  // Of all pairs of a part from the start and the part that follows it, those farthest apart:
  // nm ÷ (n + m) × (2 × mean distance between − mean distance within each).
  Split BestSplit(absl::Span<const double> part) {
    const DistanceSums& sums = SumsOf(part);
    const size_t least = settings_.least_part;
    Split best;
    for (size_t at = least; at + least <= part.size(); ++at) {
      const double left = sums.Within(0, at);
      const auto n = static_cast<double>(at);
      for (size_t end = at + least; end <= part.size(); ++end) {
        const auto m = static_cast<double>(end - at);
        const double right = sums.Within(at, end);
        const double between = sums.Within(0, end) - left - right;
        const double energy = 2 * between / (n + m) - 2 * left * m / ((n + m) * (n - 1)) -
                              2 * right * n / ((n + m) * (m - 1));
        if (energy > best.energy) best = {at, energy};
      }
    }
    return best;
  }

  // Only if no permutation comes up to it: the first that does ends the test.
  bool IsSignificant(double energy, std::vector<double> part) {
    if (energy <= 0) return false;
    for (size_t round = 0; round < settings_.permutations; ++round) {
      for (size_t i = part.size(); i > 1; --i) {
        std::swap(part[i - 1], part[Below(Draw(settings_.seed, draws_++), i)]);
      }
      if (BestSplit(part).energy >= energy) return false;
    }
    return true;
  }

  const DistanceSums& SumsOf(absl::Span<const double> part) {
    sums_.Fill(part);
    return sums_;
  }

  const absl::Span<const double> values_;
  const LevelShiftSettings settings_;
  DistanceSums sums_;
  uint64_t draws_ = 0;
};

double Mean(absl::Span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::vector<LevelShift> FindLevelShifts(absl::Span<const double> values,
                                        const LevelShiftSettings& settings) {
  std::vector<size_t> bounds = {0};
  Divider(values, settings).Divide(0, values.size(), &bounds);
  bounds.push_back(values.size());
  std::vector<LevelShift> shifts;
  for (size_t i = 1; i + 1 < bounds.size(); ++i) {
    const double before = Mean(values.subspan(bounds[i - 1], bounds[i] - bounds[i - 1]));
    const double after = Mean(values.subspan(bounds[i], bounds[i + 1] - bounds[i]));
    if (std::abs(after - before) <= settings.smallest * std::abs(before)) continue;
    shifts.push_back({bounds[i], before, after});
  }
  return shifts;
}

}  // namespace weir
