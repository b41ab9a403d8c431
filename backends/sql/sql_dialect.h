// Where the SQL of two databases differs. Stateless; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "backends/api/record.h"

namespace weir {

class SqlDialect {
 public:
  virtual ~SqlDialect() = default;

  virtual std::string_view ColumnType(FieldType type) const = 0;

  // Before the number of a parameter, counted from 1: "$" or "?".
  virtual char ParameterMark() const = 0;

  // The minute that a timestamp column lies in, as a timestamp.
  virtual std::string MinuteOf(std::string_view column) const = 0;

  // Whether there is percentile_disc; otherwise ranks are computed by window functions.
  virtual bool HasPercentiles() const = 0;
};

// The table of one target. Everything it refers to outlives it.
struct SqlTable {
  const RecordSchema& schema;
  std::string name;
  const SqlDialect& dialect;
};

// Names of tables and fields have no quotes in them (proto pattern, Field::name); some are
// keywords.
inline std::string Quoted(std::string_view name) {
  return absl::StrCat("\"", absl::string_view(name.data(), name.size()), "\"");
}

inline std::string Column(const SqlTable& table, int field) {
  return Quoted(table.schema.fields[field].name);
}

inline std::string Parameter(const SqlTable& table, size_t index) {
  return absl::StrCat(std::string(1, table.dialect.ParameterMark()), index + 1);
}

}  // namespace weir
