// A campaign's runs over time, and where their numbers change their level (R30). For triage, not a
// verdict: it says where to look. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

#include "measure/change_points.h"
#include "proto/results.pb.h"

namespace weir {

struct HistoryPoint {
  std::string run;
  int64_t started_unix_ns = 0;
  double value = 0;
};

// One number of one operation on one target, run after run, oldest first.
struct History {
  std::string scenario;
  std::string target;
  std::string operation;
  std::string metric;
  std::vector<HistoryPoint> points;
  std::vector<LevelChange> changes;  // indices into points
};

// `runs`: of one campaign, oldest first. Those that cannot be trusted (INVALID, PARTIAL,
// UNVERIFIED, not judged) are left out. A history shorter than four runs has no changes.
std::vector<History> HistoryOf(absl::Span<const v1::RunResult> runs,
                               const std::vector<std::string>& metrics);

bool CanBeTrusted(const v1::RunResult& run);

// A line per history, and one more per change: "20261121T0215… −8.1 % (p = 0.0002)".
std::string HistoryText(const std::vector<History>& histories, int width);

// A row per point, for a chart elsewhere: RFC 4180.
std::string HistoryCsv(const std::vector<History>& histories);

}  // namespace weir
