// Creates the database and the container under test. Blocking; one thread.
#pragma once

#include <string>

#include "absl/status/status.h"

#include "backends/cosmos/control_client.h"
#include "backends/cosmos/session_room.h"
#include "proto/campaign.pb.h"

namespace weir::cosmos {

// As Backend::SetUp; reads the container's partitions at the end.
absl::Status SetUpContainer(const v1::CosmosTarget& target, bool create, Container* container,
                            ControlClient* client);

// Unless it is there.
absl::Status CreateDatabase(const v1::CosmosTarget& target, const Gateway& gateway,
                            ControlClient* client);

// Into container->ranges.
absl::Status ReadRanges(Container* container, ControlClient* client);

// The indexing policy that the target asks for, as JSON.
std::string IndexingPolicy(v1::IndexSet indexes, const DocumentForm& form);

}  // namespace weir::cosmos
