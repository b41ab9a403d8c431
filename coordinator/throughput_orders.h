// Carries the changes that a ThroughputScaler decides on to the first agent, and its answers back:
// repeated until answered. Owned by StageRun; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "coordinator/roster.h"
#include "coordinator/throughput_scaler.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

class ThroughputOrders {
 public:
  // Of the leg that has been set up. Null when the target has no rule, or its container no
  // throughput of its own. `target` and `roster` outlive it.
  static std::unique_ptr<ThroughputOrders> Make(const v1::Target& target, const v1::Leg& leg,
                                                uint32_t step, Roster& roster);

  void Add(uint32_t second, const std::map<int32_t, v1::PartitionUse>& partitions) {
    scaler_.Add(second, partitions);
  }
  void OnChanged(const v1::ThroughputChanged& changed, uint32_t second) {
    scaler_.OnChanged(changed, second);
  }
  void OnTick(int64_t now_ns);

  void Record(v1::Leg* leg) const;

 private:
  ThroughputOrders(const v1::ThroughputRule& rule, const ThroughputScaler::Start& start,
                   uint32_t step, Roster& roster)
      : scaler_(rule, start), step_(step), roster_(roster) {}

  ThroughputScaler scaler_;
  const uint32_t step_;
  Roster& roster_;
  uint32_t sent_ = 0;  // the last order's number
  int64_t sent_ns_ = 0;
};

}  // namespace weir
