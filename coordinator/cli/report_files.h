// The files of a report: report.html, summary.csv, report.md, report.json, run.hlog.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "reports/results_store.h"

namespace weir {

// `formats`: html, csv, md, json, hlog; all when empty. Creates the folder and prints each path it
// wrote.
absl::Status WriteReportFiles(const ResultsStore& store, const v1::RunResult& run,
                              const std::vector<std::string>& formats, const std::string& folder);

}  // namespace weir
