// What one agent's machine went through in the seconds that count: the sum, and the worst five
// seconds of CPU and network. Memory does not grow with the number of samples. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>

#include "proto/results.pb.h"

namespace weir {

// The worst stretch of something that is a share of the time or of a capacity.
struct Peak {
  double share = -1;  // below 0: there was nothing to judge
  uint32_t first_second = 0;
  uint32_t last_second = 0;
  v1::ResourceSample sum;

  bool known() const { return share >= 0; }
};

class ResourceWatch {
 public:
  void Add(uint32_t second, const v1::ResourceSample& sample);

  const v1::ResourceSample& total() const { return total_; }
  const std::set<std::string>& clocksources() const { return clocksources_; }

  // Over any kPeakSpanNs; over everything where that is shorter.
  Peak busiest_worker() const { return PeakOf(worker_, WorkerShare); }
  Peak busiest_core() const { return PeakOf(core_, CoreShare); }
  Peak busiest_link() const { return PeakOf(link_, LinkShare); }

 private:
  static constexpr size_t kMostClocksources = 8;
  using Share = double (*)(const v1::ResourceSample& sum);

  static double WorkerShare(const v1::ResourceSample& sum);
  static double CoreShare(const v1::ResourceSample& sum);
  static double LinkShare(const v1::ResourceSample& sum);

  struct Second {
    uint32_t number;
    v1::ResourceSample sample;
  };

  Peak PeakOf(const Peak& full, Share share) const;
  void Raise(const Peak& recent, Share share, Peak* peak) const;

  v1::ResourceSample total_;
  uint32_t first_second_ = 0;
  uint32_t last_second_ = 0;
  std::deque<Second> recent_;  // the last kPeakSpanNs
  Peak worker_;
  Peak core_;
  Peak link_;
  std::set<std::string> clocksources_;
};

}  // namespace weir
