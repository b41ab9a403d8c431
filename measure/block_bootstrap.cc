#include "measure/block_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace weir {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// All seconds over one list of values, each with its counts by the place in that list.
class Resampling {
 public:
  explicit Resampling(absl::Span<const SecondCounts> seconds) {
    for (const SecondCounts& second : seconds) {
      for (const auto& [value, count] : second.values()) values_.push_back(value);
    }
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
    for (const SecondCounts& second : seconds) {
      std::vector<std::pair<size_t, uint64_t>>& places = seconds_.emplace_back();
      for (const auto& [value, count] : second.values()) {
        const auto place = std::lower_bound(values_.begin(), values_.end(), value);
        places.emplace_back(place - values_.begin(), count);
      }
      places.emplace_back(values_.size(), second.unsuccessful());
    }
  }

  // Draws as many seconds as there are, in blocks.
  void Draw(const BlockBootstrapSettings& settings, uint64_t resample) {
    counts_.assign(values_.size() + 1, 0);
    DrawStream draws(DeriveKey(settings.seed, "block bootstrap"), resample);
    for (size_t drawn = 0; drawn < seconds_.size();) {
      const uint64_t begin = draws.Below(seconds_.size());
      for (size_t i = 0; i < settings.block && drawn < seconds_.size(); ++i, ++drawn) {
        for (const auto& [place, count] : seconds_[(begin + i) % seconds_.size()]) {
          counts_[place] += count;
        }
      }
    }
  }

  // Nearest rank in what was drawn.
  double Quantile(double q) const {
    const uint64_t all = std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
    const auto rank = static_cast<uint64_t>(std::ceil(q * static_cast<double>(all)));
    uint64_t seen = 0;
    for (size_t place = 0; place < values_.size(); ++place) {
      seen += counts_[place];
      if (seen >= rank && seen > 0) return static_cast<double>(values_[place]);
    }
    return kInfinity;
  }

  bool empty() const { return values_.empty(); }

 private:
  std::vector<uint64_t> values_;
  std::vector<std::vector<std::pair<size_t, uint64_t>>> seconds_;
  std::vector<uint64_t> counts_;  // of the values, then of what did not succeed
};

ConfidenceInterval Middle(std::vector<double> drawn, double confidence) {
  std::sort(drawn.begin(), drawn.end());
  const double last = static_cast<double>(drawn.size() - 1);
  const double tail = (1 - confidence) / 2;
  return {drawn[static_cast<size_t>(std::floor(tail * last))],
          drawn[static_cast<size_t>(std::ceil((1 - tail) * last))]};
}

}  // namespace

SecondCounts::SecondCounts(const Histogram& values, uint64_t unsuccessful)
    : unsuccessful_(unsuccessful) {
  values.ForEachBucket(
      [this](uint64_t value, uint64_t count) { values_.emplace_back(value, count); });
}

std::vector<std::optional<ConfidenceInterval>> WithinRunIntervals(
    absl::Span<const SecondCounts> seconds, absl::Span<const double> quantiles,
    const BlockBootstrapSettings& settings) {
  std::vector<std::optional<ConfidenceInterval>> intervals(quantiles.size());
  Resampling resampling(seconds);
  if (seconds.size() < settings.least_seconds || resampling.empty()) return intervals;
  std::vector<std::vector<double>> drawn(quantiles.size());
  for (uint64_t resample = 0; resample < settings.resamples; ++resample) {
    resampling.Draw(settings, resample);
    for (size_t i = 0; i < quantiles.size(); ++i) {
      drawn[i].push_back(resampling.Quantile(quantiles[i]));
    }
  }
  for (size_t i = 0; i < quantiles.size(); ++i) {
    intervals[i] = Middle(std::move(drawn[i]), settings.confidence);
  }
  return intervals;
}

}  // namespace weir
