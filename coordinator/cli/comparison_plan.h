// What `weir plan` says of a comparison before anything is run: how many runs, how they are judged,
// and the smallest difference that they are likely to show (R26).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/campaign.pb.h"

namespace weir {

std::vector<std::string> ComparisonPlanLines(const v1::Campaign& campaign);

// How long the canaries of one round take, over all scenarios; loads have none.
int64_t CanariesNs(const v1::Campaign& campaign);

}  // namespace weir
