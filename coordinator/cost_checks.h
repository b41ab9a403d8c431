// What a campaign's cost and budget sections must fulfil beyond their schema. Pure: the price book
// is a file of its own, see price_book.h.
#pragma once

#include "coordinator/campaign_findings.h"
#include "proto/campaign.pb.h"
#include "proto/prices.pb.h"

namespace weir {

void CheckCost(const v1::Campaign& campaign, Findings* findings);

// A budget whose limits no target of the campaign can reach.
void CheckThatBudgetBinds(const v1::Campaign& campaign, Findings* findings);

// The names that lead into a price book: instance classes, and what it has no price for. Adds to
// the reading's problems at their places.
void CheckPrices(const v1::RegionPrices& prices, CampaignReading* reading);

}  // namespace weir
