// What is to be stated about an account and a container under test. Blocking; one thread.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "backends/cosmos/control_client.h"
#include "backends/cosmos/session_room.h"
#include "proto/campaign.pb.h"

namespace weir::cosmos {

absl::StatusOr<Disclosure> DiscloseContainer(const v1::CosmosTarget& target, Container* container,
                                             ControlClient* client);

// Data and indexes, as the service reckons its quota: in KB, taken for 1,024 bytes.
absl::StatusOr<uint64_t> StoredBytes(const Gateway& gateway, ControlClient* client);

}  // namespace weir::cosmos
