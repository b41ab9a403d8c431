// What started this agent, by the environment variables that it leaves: Kubernetes, Bacalhau, or
// nothing that we know.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace weir {

struct Platform {
  std::string name;               // "kubernetes", "bacalhau"; empty: none that we know
  std::string node;               // of the cluster, where it is told
  std::optional<uint32_t> index;  // of this agent among those that were started together
};

// `environment` gives the value of a variable, "" when there is none. The node is NODE_NAME, which
// a manifest sets by the downward API, or BACALHAU_NODE_ID; the index JOB_COMPLETION_INDEX, else
// BACALHAU_PARTITION_INDEX. An error when the index is not a number.
absl::StatusOr<Platform> ReadPlatform(
    const std::function<std::string(const std::string&)>& environment);

}  // namespace weir
