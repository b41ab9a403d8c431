// Response times of the last seconds, over what ended in them: an operation without success counts
// as infinitely slow, as in reports. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "measure/histogram.h"
#include "reports/planned_response.h"

namespace weir {

class LiveWindow {
 public:
  explicit LiveWindow(size_t seconds) : most_(seconds) {}

  // The next second: response times of those that succeeded, and how many ended in all.
  void Add(const Histogram& successes, uint64_t settled);
  void Clear() { seconds_.clear(); }

  // Over the last `seconds`, at most the window.
  PlannedResponse Over(size_t seconds) const;
  uint64_t SettledIn(size_t seconds) const;

 private:
  struct Second {
    Histogram successes;
    uint64_t settled;
  };

  const size_t most_;
  std::deque<Second> seconds_;
};

}  // namespace weir
