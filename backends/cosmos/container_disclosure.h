// What is to be stated about an account and a container under test. Blocking; one thread.
#pragma once

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "backends/cosmos/control_client.h"
#include "backends/cosmos/session_room.h"
#include "proto/campaign.pb.h"

namespace weir::cosmos {

absl::StatusOr<Disclosure> DiscloseContainer(const v1::CosmosTarget& target, Container* container,
                                             ControlClient* client);

}  // namespace weir::cosmos
