// What the targets of a campaign ask of an agent that is not on the user's machine: variables and
// files with secrets, and what cannot be had there at all. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "proto/campaign.pb.h"

namespace weir {

struct AgentNeeds {
  std::set<std::string> variables;  // of ${env:NAME}
  std::set<std::string> files;      // of ${file:PATH}, and certificates: absolute paths
  std::string folder;               // of all files; empty when there are none
  std::set<std::string> addresses;  // HOST:PORT of the targets, for agents that must be told
  std::vector<std::string> problems;
};

// For agents in containers, `in` says where: "in a pod". Leaves `addresses` to who knows the
// backends.
AgentNeeds NeedsOf(const v1::Campaign& campaign, const std::string& in);

// How long the campaign's scenarios are driven, all targets and rounds; loads are not foreseeable.
int64_t PlannedDriveNs(const v1::Campaign& campaign);

}  // namespace weir
