#include "backends/postgres/sqlstate.h"

namespace weir {
namespace {

// A prefix stands for a whole class; the first match holds.
struct Row {
  std::string_view prefix;
  SqlStateMeaning meaning;
};

constexpr SqlStateMeaning kInDoubt = {Verdict::kInDoubt, true};
constexpr SqlStateMeaning kTryAgain = {Verdict::kFailed, true};
constexpr SqlStateMeaning kNo = {Verdict::kFailed, false};

constexpr Row kRows[] = {
    {"23505", {Verdict::kConflict, false}},  // unique_violation
    {"23P01", {Verdict::kConflict, false}},  // exclusion_violation
    {"08", kInDoubt},                        // connection exceptions
    {"57P", kInDoubt},                       // shutdown, crash, database dropped
    {"57014", kTryAgain},                    // query_canceled: statement_timeout
    {"40001", kTryAgain},                    // serialization_failure
    {"40P01", kTryAgain},                    // deadlock_detected
    {"40003", kInDoubt},                     // statement_completion_unknown
    {"55P03", kTryAgain},                    // lock_not_available
    {"53100", kNo},                          // disk_full
    {"53", kTryAgain},                       // too many connections, out of memory
    {"25006", kTryAgain},                    // read_only_sql_transaction: during a failover
    {"26000", kTryAgain},                    // prepared statement is missing: behind a pooler
};

struct StatusRow {
  std::string_view prefix;
  absl::StatusCode code;
};

constexpr StatusRow kStatusRows[] = {
    {"28", absl::StatusCode::kUnauthenticated},      // wrong password, no such role, pg_hba.conf
    {"3D000", absl::StatusCode::kNotFound},          // no such database
    {"42P01", absl::StatusCode::kNotFound},          // no such table
    {"42501", absl::StatusCode::kPermissionDenied},  // insufficient_privilege
    {"42", absl::StatusCode::kInvalidArgument},      // other mistakes in a statement
    {"08", absl::StatusCode::kUnavailable},         {"53", absl::StatusCode::kUnavailable},
    {"55P03", absl::StatusCode::kUnavailable},      {"57", absl::StatusCode::kUnavailable},
};

}  // namespace

SqlStateMeaning MeaningOfSqlState(std::string_view code) {
  for (const Row& row : kRows) {
    if (code.starts_with(row.prefix)) return row.meaning;
  }
  return kNo;
}

absl::StatusCode StatusCodeOfSqlState(std::string_view code) {
  if (code.empty()) return absl::StatusCode::kUnavailable;
  for (const StatusRow& row : kStatusRows) {
    if (code.starts_with(row.prefix)) return row.code;
  }
  return absl::StatusCode::kInternal;
}

}  // namespace weir
