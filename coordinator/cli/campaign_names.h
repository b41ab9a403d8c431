// The names in a campaign that only other rooms can resolve: queries and fields of the dataset,
// columns of the report. Pure.
#pragma once

#include "coordinator/campaign_reader.h"

namespace weir {

// Adds a problem for each name that leads nowhere, at its place. Call before anything is planned.
void CheckCampaignNames(CampaignReading* reading);

}  // namespace weir
