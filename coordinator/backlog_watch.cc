#include "coordinator/backlog_watch.h"

#include <algorithm>

#include "measure/tally.h"

namespace weir {
namespace {

// All pairs are looked at: longer series are thinned out.
constexpr size_t kMostValues = 600;

}  // namespace

void BacklogWatch::Add(const MergedSecond& second) {
  // Seconds in which nothing happened change nothing.
  while (seconds_.size() < second.second) seconds_.push_back(static_cast<double>(due_));
  for (const auto& [key, tally] : second.tallies) {
    const v1::Tally& counts = tally->counts();
    due_ += static_cast<int64_t>(counts.planned());
    due_ -= static_cast<int64_t>(Settled(counts) + counts.lost());
  }
  seconds_.push_back(static_cast<double>(due_));
}

Slope BacklogWatch::Growth(uint32_t first, uint32_t end) const {
  const size_t last = std::min<size_t>(end, seconds_.size());
  if (first >= last) return {};
  const size_t stride = (last - first + kMostValues - 1) / kMostValues;
  std::vector<double> values;
  for (size_t i = first; i < last; i += stride) values.push_back(seconds_[i]);
  Slope slope = TheilSen(values);
  for (double* part : {&slope.median, &slope.low, &slope.high}) {
    *part /= static_cast<double>(stride);
  }
  return slope;
}

}  // namespace weir
