// Checks of a campaign that need more than one field: references between parts, contradictions,
// settings that would have no effect. Pure.
#pragma once

#include <set>
#include <string>

#include "coordinator/campaign_reader.h"

namespace weir {

// Adds problems and warnings to the reading. `broken`: paths that have a problem already; nothing
// that rests on them is reported again.
void CheckCampaign(const std::set<std::string>& broken, CampaignReading* reading);

// The name that an operation has in reports: its own, else the query's, else the kind's.
std::string OperationName(const v1::OperationSpec& operation);

// The names of the targets that a scenario runs on: those it names, else all.
std::vector<std::string> TargetNames(const v1::Campaign& campaign, const v1::Scenario& scenario);

}  // namespace weir
