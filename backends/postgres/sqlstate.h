// From PostgreSQL's SQLSTATE codes to verdicts and status codes: the one table.
#pragma once

#include <string_view>

#include "absl/status/status.h"

#include "backends/api/operation.h"

namespace weir {

struct SqlStateMeaning {
  Verdict verdict;
  bool retryable;
};

// Of an operation that was refused with this code.
SqlStateMeaning MeaningOfSqlState(std::string_view code);

// Of a connection or a control statement that was refused with this code; empty: no answer came.
absl::StatusCode StatusCodeOfSqlState(std::string_view code);

}  // namespace weir
