#include "backends/cosmos/congestion_control.h"

#include <algorithm>
#include <cmath>

namespace weir::cosmos {
namespace {

constexpr double kFirstCost = 10'000;  // milli-RU, of the first operation of a kind
constexpr double kNewestWeighs = 1.0 / 16;

}  // namespace

PartitionPace& CongestionControl::PaceOf(int32_t partition) {
  const auto found = paces_.find(partition);
  if (found != paces_.end()) return found->second;
  const MilliRu share = share_.load(std::memory_order_relaxed);
  const uint64_t seed = seed_ + static_cast<uint64_t>(partition);
  return paces_.try_emplace(partition, share, seed).first->second;
}

Permit CongestionControl::Ask(const PlannedRequest& request, int64_t now_ns,
                              int64_t* not_before_ns) {
  const std::lock_guard lock(mutex_);
  const double known = record_cost_[static_cast<size_t>(request.kind)];
  const MilliRu each = std::llround(known > 0 ? known : kFirstCost);
  return PaceOf(request.partition)
      .Ask(request.records, each, request.divisible, now_ns, not_before_ns);
}

void CongestionControl::Answered(const PlannedRequest& request, const Permit& permit,
                                 const RequestResult& result, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  PartitionPace& pace = PaceOf(request.partition);
  if (result.refused > 0) pace.Refused(permit, result.retry_after_ns, now_ns);
  const bool all_refused = result.refused >= permit.records;
  pace.Answered(permit, all_refused ? 0 : result.charge, now_ns);
  if (result.refused == 0) LearnCost(request, permit, result.charge);
}

void CongestionControl::LearnCost(const PlannedRequest& request, const Permit& permit,
                                  MilliRu charge) {
  if (charge <= 0 || permit.records == 0) return;
  double& cost = record_cost_[static_cast<size_t>(request.kind)];
  const double seen = static_cast<double>(charge) / permit.records;
  cost = cost > 0 ? cost + kNewestWeighs * (seen - cost) : seen;
}

}  // namespace weir::cosmos
