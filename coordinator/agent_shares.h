// Whether a campaign's work can be divided among so many agents. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "proto/campaign.pb.h"

namespace weir {

// For a person; empty where it can.
std::string WhyNotShared(const v1::Campaign& campaign, uint32_t agents);

}  // namespace weir
