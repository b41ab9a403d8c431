// Azure Cosmos DB for NoSQL, or a server compatible with it, as a database under test.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

// Does not connect. `records` outlives the backend. kInvalidArgument for a key that cannot be read
// or a partition key that is no field.
absl::StatusOr<std::unique_ptr<Backend>> MakeCosmosBackend(const v1::CosmosTarget& target,
                                                           const RecordSource& records);

}  // namespace weir
