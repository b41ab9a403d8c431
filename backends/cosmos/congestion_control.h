// The congestion control of one agent towards one container: a pace for each physical partition,
// and what an operation of each kind is expected to cost. Shared by all sessions of a backend; any
// thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

#include "backends/cosmos/partition_pace.h"

namespace weir::cosmos {

// What is to be sent to one physical partition.
struct PlannedRequest {
  int32_t partition = 0;
  OperationKind kind = OperationKind::kRead;
  uint32_t records = 1;
  bool divisible = false;  // fewer records may be sent
};

// What came back for a permit.
struct RequestResult {
  MilliRu charge = 0;
  uint32_t refused = 0;  // of the records sent, or 1
  int64_t retry_after_ns = 0;
};

class CongestionControl {
 public:
  explicit CongestionControl(uint64_t seed) : seed_(seed) {}

  // What each partition is believed to be given, RU/s × 1000; 0 when that is not known. For
  // partitions not yet seen.
  void SetShare(MilliRu share) { share_.store(share, std::memory_order_relaxed); }

  // As PartitionPace.
  Permit Ask(const PlannedRequest& request, int64_t now_ns, int64_t* not_before_ns);
  void Answered(const PlannedRequest& request, const Permit& permit, const RequestResult& result,
                int64_t now_ns);

 private:
  PartitionPace& PaceOf(int32_t partition);
  void LearnCost(const PlannedRequest& request, const Permit& permit, MilliRu charge);

  const uint64_t seed_;
  std::atomic<MilliRu> share_{0};
  std::mutex mutex_;
  std::map<int32_t, PartitionPace> paces_;                // guarded by mutex_
  std::array<double, kOperationKinds> record_cost_ = {};  // milli-RU; guarded by mutex_; 0: unknown
};

}  // namespace weir::cosmos
