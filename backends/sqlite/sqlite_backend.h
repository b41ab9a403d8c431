// SQLite as a database under test, in a file or in memory.
#pragma once

#include <memory>

#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

// `records` outlives the backend; a database in memory lives as long as the backend.
absl::StatusOr<std::unique_ptr<Backend>> MakeSqliteBackend(const v1::SqliteTarget& target,
                                                           const RecordSource& records);

}  // namespace weir
