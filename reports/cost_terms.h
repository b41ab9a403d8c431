// What a campaign says about cost, with the defaults of its schema where it says nothing, and the
// part of a price book that applies. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/prices.pb.h"
#include "proto/results.pb.h"
#include "reports/bill.h"

namespace weir {

// Every field set, also of runs whose campaign has no cost section.
v1::Cost CostSettings(const v1::Campaign& campaign);

// Every field set, also of targets that the cost section leaves out.
v1::TargetCost TargetCostOf(const v1::Campaign& campaign, const std::string& target);

// Null when the campaign (the book) does not hold it.
const v1::Target* TargetOf(const v1::Campaign& campaign, const std::string& name);
const v1::RegionPrices* RegionOf(const v1::PriceBook& book, const std::string& name);

// Of a Cosmos DB target. `prices` must outlive what is returned.
CosmosTerms TermsOf(const v1::Campaign& campaign, const std::string& target,
                    const v1::CosmosPrices& prices);

// "manual", "autoscale" or "serverless": how the target is set up.
std::string BillingOf(const v1::CosmosTarget& target);

// What RU/s and request units cost where they are billed like this: of one RU/s for an hour, in all
// regions; and of one request unit. The first is 0 for serverless. For manual and autoscale a
// request unit is worth its part of an RU/s.
struct RuWorth {
  double provisioned_per_hour = 0;
  double per_ru = 0;
};
RuWorth WorthOf(const CosmosTerms& terms, const std::string& billing);

// By target, what is paid while a run lasts: for what is provisioned, and without that for request
// units. Nothing for targets that are not Cosmos DB.
std::vector<RuWorth> RunningCosts(const v1::Campaign& campaign, const v1::RegionPrices& prices);

}  // namespace weir
