// SQL as PostgreSQL speaks it.
#pragma once

#include "backends/sql/sql_dialect.h"

namespace weir {

const SqlDialect& PostgresDialect();

// The type's number in pg_type; fixed for built-in types.
unsigned PostgresTypeOid(FieldType type);

}  // namespace weir
