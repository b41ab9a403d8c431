// What a campaign will use of its budget, before anything is touched: by the emulator's charge
// model and the price book. Modelled request units, not Azure's meter.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "coordinator/campaign_reader.h"
#include "coordinator/price_book.h"

namespace weir {

struct UseEstimate {
  double ru = 0;
  double money = 0;  // in the book's currency, for what is provisioned and used while it runs
};

// Of all loads and drives, in every round, those that an extension may add too. A search for
// capacity counts as one run of each of its scenarios: how many it takes is not known.
absl::StatusOr<UseEstimate> EstimateUse(const v1::Campaign& campaign,
                                        const v1::RegionPrices& prices);

// Adds a problem for each limit of the budget that the plan exceeds, at its place.
void CheckBudget(const ChosenPrices& prices, CampaignReading* reading);

// "budget: about 471,284 of 5,000,000 RU and $0.0213 of $2.50"; empty without a budget.
std::string BudgetText(const v1::Campaign& campaign, const ChosenPrices& prices);

}  // namespace weir
