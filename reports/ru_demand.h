// What a leg asked of its provisioned throughput, second by second: what would have had to be
// bought. Read from the stored seconds, so that an old run can be priced anew.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

// RU/s of every second of a phase: of the busiest physical partition, times the partitions, because
// the throughput is shared out evenly among them. What refusals cost is left out. Where nothing is
// known of partitions, all request units of the second.
struct RuDemand {
  std::vector<double> ru_per_s;

  // Nearest rank; 0 of nothing.
  double Percentile(double share) const;
  // The highest second of each hour, counted from the first second. The last hour may be short.
  std::vector<double> HourPeaks() const;
};

// `phase`: PHASE_LOAD or PHASE_MEASURE.
absl::StatusOr<RuDemand> DemandOf(const ResultsStore& store, const v1::RunResult& run,
                                  const v1::Leg& leg, v1::Phase phase);

// Of one second.
double DemandIn(const v1::Interval& second, uint64_t partitions);

}  // namespace weir
