// The `series` of report.json: one table per leg for its operations, its partitions, its machines
// and the database's processes, a row per second. Private to the JSON writer.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

absl::StatusOr<std::string> JsonSeries(const ResultsStore& store, const v1::RunResult& run);

}  // namespace weir
