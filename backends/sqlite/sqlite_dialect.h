// SQL as SQLite speaks it: timestamps are integers (microseconds), booleans 0 and 1.
#pragma once

#include "backends/sql/sql_dialect.h"

namespace weir {

const SqlDialect& SqliteDialect();

}  // namespace weir
