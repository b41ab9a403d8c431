// `weir list`, `weir show`, `weir report`: runs that are in the results store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/cli/exit_code.h"
#include "coordinator/price_book.h"
#include "reports/results_store.h"

namespace weir {

// kNotFound when there is no store: looking at one must not make it.
absl::StatusOr<std::unique_ptr<ResultsStore>> OpenExistingStore(const std::string& path);

ExitCode ListCommand(const std::string& store);

// `run`: an id, the beginning of one, or "latest".
ExitCode ShowCommand(const std::string& store, const std::string& run,
                     const PriceChoice& prices = {});

// Renders the run again, from the store alone. `formats`: html, csv, json, all when empty; written
// into `folder` as report.html, summary.csv, report.json, run.hlog.
ExitCode ReportCommand(const std::string& store, const std::string& run,
                       const std::vector<std::string>& formats, const std::string& folder,
                       const PriceChoice& prices = {});

}  // namespace weir
