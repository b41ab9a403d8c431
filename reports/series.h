// The numbers of a leg over time, read from the results store and merged to the width that a chart
// can show. Memory does not grow with the length of the run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "measure/tally.h"
#include "reports/results_store.h"

namespace weir {

struct SeriesPoint {
  v1::Phase stage;                // PHASE_LOAD, or PHASE_MEASURE for warm-up and measure
  uint32_t second;                // first of the point, from the start of the stage
  double seconds;                 // what the point covers: the last one of a load may be shorter
  std::vector<Tally> operations;  // by index into Leg.operations; all phases of the stage
  std::map<int32_t, v1::PartitionUse> partitions;                           // by their numbers
  std::map<uint32_t, v1::ResourceSample> resources;                         // by agent
  std::map<std::pair<uint32_t, std::string>, v1::ProcessSample> processes;  // by agent and name
};

// Visits every span of `width` seconds of each stage in order, also those in which nothing
// happened: a stall must show as zero, not as a line from one side to the other.
absl::Status ForEachPoint(const ResultsStore& store, const std::string& run_id, const v1::Leg& leg,
                          uint32_t width, absl::FunctionRef<void(const SeriesPoint&)> visit);

// The smallest width that keeps every stage of the leg within `most` points.
absl::StatusOr<uint32_t> WidthFor(const ResultsStore& store, const std::string& run_id,
                                  const v1::Leg& leg, uint32_t most);

}  // namespace weir
