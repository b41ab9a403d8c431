// The catalog of backends: from a target in a campaign to the backend that drives it.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

// Does not connect. `records` outlives the backend. Secrets are read from their references here.
absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const v1::Target& target,
                                                     const RecordSource& records);

// "postgres", as in the campaign; the name of the target's oneof case.
std::string_view BackendName(const v1::Target& target);

}  // namespace weir
