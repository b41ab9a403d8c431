// What a PostgreSQL does while it is driven: what our sessions wait for, the increase of the
// statistics views, checkpoints and vacuums. Sees what the role of the target may see.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "backends/api/observer.h"
#include "backends/postgres/connection.h"

namespace weir {

// Connects. Sessions are ours when they have our role, database and application_name. `table` is
// that of the records, without quotes.
absl::StatusOr<std::unique_ptr<Observer>> ObservePostgres(ConnectionOptions options,
                                                          const std::string& table);

}  // namespace weir
