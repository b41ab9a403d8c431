// `weir plan`: what a run of a campaign would do, before anything is touched.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/cli/exit_code.h"
#include "proto/campaign.pb.h"

namespace weir {

ExitCode PlanCommand(const std::string& path, const std::vector<std::string>& overrides);

// The text that it prints. Lines at most `width` columns wide where that is possible.
absl::StatusOr<std::string> PlanText(const v1::Campaign& campaign, int width);

}  // namespace weir
