// From SQLite's extended result codes to verdicts and status codes.
#pragma once

#include "absl/status/status.h"

#include "backends/api/operation.h"

namespace weir {

Verdict SqliteVerdict(int extended_code);
bool SqliteRetryable(int extended_code);
absl::StatusCode SqliteStatusCode(int extended_code);

}  // namespace weir
