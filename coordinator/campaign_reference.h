// The reference of campaign files in Markdown (docs/campaign.md), made from the protobuf
// descriptor.
#pragma once

#include <string>

namespace weir {

std::string CampaignReference();

}  // namespace weir
