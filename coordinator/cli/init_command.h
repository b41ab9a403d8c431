// `weir init`: the owner's consent to a target's being written to (R55).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"
#include "proto/campaign.pb.h"

namespace weir {

ExitCode InitCommand(const std::string& campaign, const std::vector<std::string>& overrides,
                     const std::string& target);

// The names of the targets whose database is among the confirmed: what they hold may be dropped.
std::set<std::string> ConfirmedTargets(const v1::Campaign& campaign,
                                       const std::vector<std::string>& confirmed);

// One line for each target that a run would write to and whose names speak of production, unless
// its database is among the confirmed; empty when there is none.
std::string UnconfirmedProduction(const v1::Campaign& campaign,
                                  const std::vector<std::string>& confirmed);

}  // namespace weir
