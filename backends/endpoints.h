// Where the connections of a target go, by its settings alone: nothing is looked up or connected.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "proto/campaign.pb.h"

namespace weir {

struct Endpoint {
  std::string host;   // without brackets; of a Unix socket, its folder
  uint16_t port = 0;  // 0 with a Unix socket
};

// None for a target within the agent's own process. kInvalidArgument where the settings name no
// place.
absl::StatusOr<std::vector<Endpoint>> EndpointsOf(const v1::Target& target);

}  // namespace weir
