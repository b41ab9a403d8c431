// A campaign as one of its targets sees it: where the target has a batch of its own, every load,
// insert and upsert has it. Pure.
#pragma once

#include "proto/campaign.pb.h"

namespace weir {

v1::Campaign CampaignOn(const v1::Campaign& campaign, const v1::Target& target);

}  // namespace weir
