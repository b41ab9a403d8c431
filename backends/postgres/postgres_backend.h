// PostgreSQL as a database under test.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

// `records` outlives the backend. Reads the password from its reference.
absl::StatusOr<std::unique_ptr<Backend>> MakePostgresBackend(const v1::PostgresTarget& target,
                                                             const RecordSource& records);

}  // namespace weir
