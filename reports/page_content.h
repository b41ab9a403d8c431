// What the HTML report's script draws: a run as JSON, its numbers already in words and its series
// thin enough for a chart. Private to the HTML writer.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

// Safe inside a <script> element: no '<' is left in it.
absl::StatusOr<std::string> PageContent(const ResultsStore& store, const v1::RunResult& run);

}  // namespace weir
