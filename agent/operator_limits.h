// What whoever runs an agent allows it to do, whatever a coordinator asks (R53, R55): no campaign
// lifts it. Set once from the command line; pure but for looking paths up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "proto/campaign.pb.h"

namespace weir {

struct OperatorLimits {
  double operations_per_second = 0;  // of this agent, retries included; 0: no limit
  double ru_per_second = 0;
  bool remote = false;  // the coordinator is on another machine, or dials in from anywhere
  // HOST or HOST:PORT, a socket's folder, or "any". Empty: any, unless remote.
  std::vector<std::string> targets;
  // Where a campaign's files must be: secrets and certificates, databases and recorded arrivals.
  // Empty: anywhere, or nowhere when remote.
  std::string secrets_folder;
  std::string data_folder;
};

// "5000/s" or "5000"; kInvalidArgument for anything but a positive number.
absl::StatusOr<double> ParsePerSecond(std::string_view text);

// Whether a coordinator at HOST:PORT is on another machine. May look the name up.
bool IsRemote(const std::string& coordinator);

// Before anything is dialled: a remote agent must have been told its targets.
absl::Status CheckLimits(const OperatorLimits& limits);

// kPermissionDenied, in one line that says who can allow it, for a target that is not on the list,
// or whose files or secrets are not where the operator keeps them. Connects to nothing.
absl::Status MayUseTarget(const v1::Target& target, const OperatorLimits& limits);

// The same for the files that the scenarios name.
absl::Status MayUseScenarios(const v1::Campaign& campaign, const OperatorLimits& limits);

}  // namespace weir
