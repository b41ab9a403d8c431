// A report: a run with the series that charts need, ready for any writer. Made from the results
// store alone, so that an old run can be rendered again.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

// Writers. Each writes to a temporary file beside `path` and renames it.
absl::Status WriteHtmlReport(const ResultsStore& store, const v1::RunResult& run,
                             const std::string& path);
absl::Status WriteCsvReport(const v1::RunResult& run, const std::string& path);
absl::Status WriteJsonReport(const ResultsStore& store, const v1::RunResult& run,
                             const std::string& path);

// The table that ends `weir run` and `weir show`: verdict and reasons first, then one line per leg
// and operation. Width in columns; colour only when asked.
std::string TextReport(const v1::RunResult& run, int width, bool colour);

// Judges every threshold of the campaign on the merged result. A metric that is no column of
// summary.csv is reported by CheckThresholdMetric before the run.
std::vector<v1::ThresholdResult> JudgeThresholds(const v1::RunResult& run);

// Empty when `metric` is a column that can be judged; else what is wrong, with a suggestion.
std::string CheckThresholdMetric(const std::string& metric);

}  // namespace weir
