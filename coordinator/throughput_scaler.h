// Decides when the throughput of a container is to change while it is driven (v1.ThroughputRule):
// told what its partitions use second by second, and what became of the changes that were asked
// for. Pure; one thread.
//
// The busiest partition decides, because throughput is divided evenly between the partitions. What
// it is asked for beyond its share shows as throttled requests only: then the largest step is
// taken.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class ThroughputScaler {
 public:
  struct Start {
    uint64_t provisioned_ru = 0;  // RU/s
    uint32_t partitions = 1;
    uint64_t multiple_of = 100;  // RU/s that can be had
  };

  // The rule outlives it.
  ThroughputScaler(const v1::ThroughputRule& rule, const Start& start);

  // The next second of all agents; in order, each once.
  void Add(uint32_t second, const std::map<int32_t, v1::PartitionUse>& partitions);

  // What is asked for and not answered yet.
  struct Order {
    uint32_t number;  // 1, 2, …
    uint64_t ru;
  };
  const std::optional<Order>& order() const { return order_; }

  // `second` is the one that goes on now.
  void OnChanged(const v1::ThroughputChanged& changed, uint32_t second);

  // Every change that was asked for, in order; done_second is 0 for one that is not done yet.
  const std::vector<v1::ThroughputChange>& changes() const { return changes_; }

 private:
  struct Second {
    std::map<int32_t, uint64_t> milli_ru;
    bool throttled = false;
  };

  double Utilisation() const;
  bool Throttled() const;
  uint64_t Wanted(double utilisation) const;

  const v1::ThroughputRule& rule_;
  const size_t window_;       // seconds
  const uint32_t cool_down_;  // seconds
  const uint64_t multiple_of_;
  uint64_t provisioned_;
  uint32_t partitions_;
  std::deque<Second> seconds_;  // the last window_ under the present throughput
  uint32_t from_second_ = 0;    // seconds before it belong to an earlier throughput
  uint32_t quiet_until_ = 0;    // no change before this second
  std::optional<Order> order_;
  std::vector<v1::ThroughputChange> changes_;
};

}  // namespace weir
