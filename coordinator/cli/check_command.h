// `weir check`: every problem of a campaign at once.
#pragma once

#include <string>
#include <vector>

#include "coordinator/campaign_reader.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/price_book.h"

namespace weir {

// Reads a campaign, checks also the names and files that only generators, reports and price books
// know, fills in the digests of replayed files, and prints every problem and warning to standard
// error. Nothing to run when `problems` is not empty. `prices` receives what the run is priced by.
CampaignReading ReadAndReport(const std::string& path, const std::vector<std::string>& overrides,
                              const PriceChoice& choice = {}, ChosenPrices* prices = nullptr);

// "2 problems in quickstart.yaml; nothing was started".
std::string ProblemCount(const CampaignReading& reading, const std::string& path);

ExitCode CheckCommand(const std::string& path, const std::vector<std::string>& overrides);

}  // namespace weir
