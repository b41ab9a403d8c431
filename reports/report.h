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

// The HTML report, whole; loads nothing from anywhere.
absl::StatusOr<std::string> HtmlReport(const ResultsStore& store, const v1::RunResult& run);

// Writers. Each writes to a temporary file beside `path` and renames it.
absl::Status WriteHtmlReport(const ResultsStore& store, const v1::RunResult& run,
                             const std::string& path);
absl::Status WriteCsvReport(const v1::RunResult& run, const std::string& path);
// The findings of a comparison, a row each.
absl::Status WriteComparisonCsv(const v1::RunResult& run, const std::string& path);
// What it costs, a row for each leg and way to pay.
absl::Status WriteCostCsv(const v1::RunResult& run, const std::string& path);
absl::Status WriteMarkdownReport(const v1::RunResult& run, const std::string& path);
// The probes of searches for capacity, a row each.
absl::Status WriteCapacityCsv(const v1::RunResult& run, const std::string& path);
absl::Status WriteJsonReport(const ResultsStore& store, const v1::RunResult& run,
                             const std::string& path);

// The one-second histograms of the run, in HdrHistogram's log format; see reports/hlog_writer.h.
absl::Status WriteHlog(const ResultsStore& store, const v1::RunResult& run,
                       const std::string& path);

std::string MarkdownReport(const v1::RunResult& run);

// The table that ends `weir run` and `weir show`: verdict and reasons first, then one line per leg
// and operation. Width in columns; colour only when asked.
std::string TextReport(const v1::RunResult& run, int width, bool colour);
// With what only the stored intervals tell, too: how far a run's response times are known from it.
std::string TextReport(const ResultsStore& store, const v1::RunResult& run, int width, bool colour);

// Judges every threshold of the campaign on the merged result. One that CheckThreshold would refuse
// is not judged, and not met.
std::vector<v1::ThresholdResult> JudgeThresholds(const v1::RunResult& run);

// Empty when the threshold names a column of summary.csv that can be judged in this scenario; else
// what is wrong with its metric, with a suggestion. Response times of a closed loop cannot be: they
// omit queueing, so that a database that is too slow would meet any limit on them (R2).
std::string CheckThreshold(const v1::Scenario& scenario, const v1::Threshold& threshold);

// The result could not be judged, for the reason that CheckThreshold gives.
bool IsBlocked(const v1::RunResult& run, const v1::ThresholdResult& result);

}  // namespace weir
