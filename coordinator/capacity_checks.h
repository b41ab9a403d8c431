// Checks of a campaign that searches for capacity: whether every scenario can be driven at any
// rate, again and again from the same start. Pure.
#pragma once

#include "coordinator/campaign_findings.h"

namespace weir {

void CheckCapacity(const v1::Campaign& campaign, Findings* findings);

}  // namespace weir
