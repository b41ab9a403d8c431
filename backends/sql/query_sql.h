// A query of a dataset, put into SQL. The parameters keep their positions.
#pragma once

#include <string>

#include "backends/sql/sql_dialect.h"

namespace weir {

std::string QuerySql(const SqlTable& table, const QuerySpec& query);

}  // namespace weir
