// What `weir plan` says of a search for capacity. Pure.
#pragma once

#include <string>
#include <vector>

#include "coordinator/capacity_search.h"
#include "proto/campaign.pb.h"

namespace weir {

// Of one search, from the scenario's rate to what is allowed, or to 32 times its rate.
SearchLength TypicalSearch(const v1::Campaign& campaign, const v1::Scenario& scenario);

std::vector<std::string> CapacityPlanLines(const v1::Campaign& campaign);

}  // namespace weir
