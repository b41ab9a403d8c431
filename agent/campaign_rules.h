// Holds a campaign that came over the wire against the rules of its schema (R56): an agent does not
// rely on its coordinator to have done so. Pure.
#pragma once

#include "absl/status/status.h"

#include "proto/campaign.pb.h"

namespace weir {

// Every number in its range and finite, every enum known, every text of its pattern, 4 KiB at most,
// and no list longer than 10,000. A number that was left out is not looked at. kInvalidArgument
// with the path of the first field that breaks a rule.
absl::Status CheckRules(const v1::Campaign& campaign);

}  // namespace weir
