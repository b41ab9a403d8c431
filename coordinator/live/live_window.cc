#include "coordinator/live/live_window.h"

#include <algorithm>

namespace weir {

void LiveWindow::Add(const Histogram& successes, uint64_t settled) {
  seconds_.push_back({successes, settled});
  if (seconds_.size() > most_) seconds_.pop_front();
}

uint64_t LiveWindow::SettledIn(size_t seconds) const {
  uint64_t settled = 0;
  for (size_t i = seconds_.size() - std::min(seconds, seconds_.size()); i < seconds_.size(); ++i) {
    settled += seconds_[i].settled;
  }
  return settled;
}

PlannedResponse LiveWindow::Over(size_t seconds) const {
  Histogram successes;
  for (size_t i = seconds_.size() - std::min(seconds, seconds_.size()); i < seconds_.size(); ++i) {
    successes.Add(seconds_[i].successes);
  }
  return {successes, std::max(SettledIn(seconds), successes.count())};
}

}  // namespace weir
