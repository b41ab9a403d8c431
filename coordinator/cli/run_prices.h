// Prices for the commands that run campaigns and show runs: which book, and what a run costs by it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"

#include "coordinator/campaign_reader.h"
#include "coordinator/price_book.h"
#include "reports/results_store.h"

namespace weir {

// --prices and --region.
void AddPriceOptions(CLI::App* command, PriceChoice* choice);

// Of a campaign before it runs. Adds what is wrong with the book, and with the campaign's names
// that lead into it, to the reading's problems.
ChosenPrices CheckedPrices(const std::string& path, const PriceChoice& choice,
                           CampaignReading* reading);

// Of a run that has just been measured, by the prices that were chosen before.
absl::Status PriceRun(const ResultsStore& store, const ChosenPrices& prices, v1::RunResult* run);

// Of a run from the store: as it was priced then, unless other prices are asked for or it never
// was. Changes what is shown, not what is stored.
absl::Status PriceStoredRun(const ResultsStore& store, const PriceChoice& choice,
                            v1::RunResult* run);

}  // namespace weir
