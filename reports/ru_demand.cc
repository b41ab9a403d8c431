#include "reports/ru_demand.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "reports/partition_use.h"

namespace weir {
namespace {

constexpr size_t kSecondsPerHour = 3600;

const v1::PhaseSpan* SpanOf(const v1::Leg& leg, v1::Phase phase) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == phase) return &span;
  }
  return nullptr;
}

}  // namespace

double RuDemand::Percentile(double share) const {
  if (ru_per_s.empty()) return 0;
  std::vector<double> sorted = ru_per_s;
  const auto count = static_cast<double>(sorted.size());
  const auto rank = static_cast<size_t>(std::clamp(std::ceil(share * count), 1.0, count));
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

std::vector<double> RuDemand::HourPeaks() const {
  std::vector<double> peaks;
  for (size_t i = 0; i < ru_per_s.size(); ++i) {
    if (i % kSecondsPerHour == 0) peaks.push_back(0);
    peaks.back() = std::max(peaks.back(), ru_per_s[i]);
  }
  return peaks;
}

double DemandIn(const v1::Interval& second, uint64_t partitions) {
  uint64_t busiest = 0;
  for (const v1::PartitionUse& use : second.partitions()) {
    busiest = std::max(busiest, use.milli_ru() - use.refused_milli_ru());
  }
  if (second.partitions_size() > 0 && partitions > 0) {
    return static_cast<double>(busiest) * static_cast<double>(partitions) / 1e3;
  }
  uint64_t all = 0;
  for (const v1::OperationInterval& operation : second.operations()) {
    all += operation.tally().milli_ru();
  }
  return static_cast<double>(all) / 1e3;
}

absl::StatusOr<RuDemand> DemandOf(const ResultsStore& store, const v1::RunResult& run,
                                  const v1::Leg& leg, v1::Phase phase) {
  RuDemand demand;
  const v1::PhaseSpan* span = SpanOf(leg, phase);
  if (span == nullptr) return demand;
  const uint32_t first = span->first_second();
  const double length_s = std::max(1.0, std::floor(static_cast<double>(span->duration_ns()) / 1e9));
  demand.ru_per_s.resize(static_cast<size_t>(length_s));
  const uint64_t partitions = PhysicalPartitions(leg);
  WEIR_RETURN_IF_ERROR(store.ForEachInterval(
      run.id(), leg.index(), [&](v1::Phase stage, const v1::Interval& interval) {
        const bool of_phase = (stage == v1::PHASE_LOAD) == (phase == v1::PHASE_LOAD);
        const size_t at = size_t{interval.second()} - first;
        if (of_phase && interval.second() >= first && at < demand.ru_per_s.size()) {
          demand.ru_per_s[at] = DemandIn(interval, partitions);
        }
        return absl::OkStatus();
      }));
  return demand;
}

}  // namespace weir
