// Follows how many operations are due and not done, second by second, through a drive stage: a
// queue that grows steadily is not sustained, however short its waits still are (R32). One per
// stage; one thread.
//
// Source of the idea: Henning and Hasselbring, "Theodolite", Big Data Research 25, 2021: the slope
// of the lag after the warm-up.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/stage_merge.h"
#include "measure/theil_sen.h"

namespace weir {

class BacklogWatch {
 public:
  void Add(const MergedSecond& second);

  // Operations per second by which the backlog grew over the seconds [first, end) of the stage.
  // Zero for fewer than three.
  Slope Growth(uint32_t first, uint32_t end) const;

 private:
  int64_t due_ = 0;  // and not done, at the end of the last second
  std::vector<double> seconds_;
};

}  // namespace weir
