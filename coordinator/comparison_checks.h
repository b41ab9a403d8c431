// Checks of a campaign that compares: whether its design can lead to a verdict at all, and to one
// that is worth something. Pure.
#pragma once

#include "coordinator/campaign_findings.h"

namespace weir {

void CheckComparison(const v1::Campaign& campaign, Findings* findings);

}  // namespace weir
