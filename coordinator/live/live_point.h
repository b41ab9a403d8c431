// What one second of a run came to, as it is shown live. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// One agent in that second.
struct LiveAgent {
  uint32_t agent = 0;
  uint64_t succeeded = 0;  // operations
  uint64_t unsuccessful = 0;
  uint64_t records = 0;
  // Below 0: not known, or of a stage's last moments, too short to say anything.
  double cpu_cores = -1;       // of its process
  double busiest_worker = -1;  // share of the second
  double busiest_core = -1;
  uint64_t resident_bytes = 0;
};

// Response times in nanoseconds; infinity where so many did not succeed, nothing where too few
// operations ended (PlannedResponse::RoughQuantile).
struct LiveResponse {
  uint32_t seconds = 0;  // that it covers
  std::optional<double> p50_ns;
  std::optional<double> p90_ns;
  std::optional<double> p99_ns;
  std::optional<double> p999_ns;
};

struct LivePoint {
  int64_t at_ns = 0;  // the second's end, since the run began
  uint32_t leg = 0;
  v1::Phase phase = v1::PHASE_UNSPECIFIED;
  uint32_t second = 0;          // of the stage
  bool open_loop = false;       // counts.planned is by a schedule
  v1::Tally counts;             // of all operations
  uint64_t provisioned_ru = 0;  // RU/s; 0 when the target has none
  // Of operations that carry whole records: what went over the wire, and what the same records are
  // as plain JSON, by the mean of a sample.
  uint64_t record_wire_bytes = 0;
  uint64_t record_json_bytes = 0;
  LiveResponse response;  // of this second, or of the last ten where it had few operations
  std::vector<LiveAgent> agents;
};

}  // namespace weir
