#include "backends/postgres/batch_guard.h"

#include "absl/strings/str_cat.h"

#include "backends/sql/sql_dialect.h"

namespace weir {
namespace {

// Leaves room for the ending in PostgreSQL's 63 bytes.
constexpr size_t kTableBytes = 48;

std::string NameFor(std::string_view table) {
  return std::string(table.substr(0, kTableBytes)) + "_batches";
}

}  // namespace

BatchGuard::BatchGuard(std::string_view table, int64_t writer)
    : table_(NameFor(table)), writer_(writer) {}

std::string BatchGuard::CreateSql(bool unlogged) const {
  return absl::StrCat("CREATE ", unlogged ? "UNLOGGED " : "", "TABLE IF NOT EXISTS ",
                      Quoted(table_),
                      " (writer bigint, first_record bigint, PRIMARY KEY (writer, first_record))");
}

std::string BatchGuard::DropSql() const {
  return absl::StrCat("DROP TABLE IF EXISTS ", Quoted(table_));
}

std::string BatchGuard::InsertSql(uint64_t first_record) const {
  return absl::StrCat("INSERT INTO ", Quoted(table_), " VALUES (", writer_, ", ", first_record,
                      ")");
}

std::string BatchGuard::ParameterSql() const {
  return absl::StrCat("INSERT INTO ", Quoted(table_), " VALUES ($1, $2)");
}

}  // namespace weir
