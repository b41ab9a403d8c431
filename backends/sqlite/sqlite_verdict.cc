#include "backends/sqlite/sqlite_verdict.h"

#include <sqlite3.h>

namespace weir {
namespace {

int Primary(int extended_code) { return extended_code & 0xff; }

}  // namespace

Verdict SqliteVerdict(int extended_code) {
  const bool exists_already =
      extended_code == SQLITE_CONSTRAINT_PRIMARYKEY || extended_code == SQLITE_CONSTRAINT_UNIQUE;
  return exists_already ? Verdict::kConflict : Verdict::kFailed;
}

bool SqliteRetryable(int extended_code) {
  return Primary(extended_code) == SQLITE_BUSY || Primary(extended_code) == SQLITE_LOCKED;
}

absl::StatusCode SqliteStatusCode(int extended_code) {
  switch (Primary(extended_code)) {
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return absl::StatusCode::kInvalidArgument;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace weir
