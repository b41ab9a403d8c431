// `weir list`, `weir show`, `weir report`: runs that are in the results store.
#pragma once

#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"

namespace weir {

ExitCode ListCommand(const std::string& store);

// `run`: an id, the beginning of one, or "latest".
ExitCode ShowCommand(const std::string& store, const std::string& run);

// Renders the run again, from the store alone. `formats`: html, csv, json, all when empty; written
// into `folder` as report.html, summary.csv, report.json, run.hlog.
ExitCode ReportCommand(const std::string& store, const std::string& run,
                       const std::vector<std::string>& formats, const std::string& folder);

}  // namespace weir
