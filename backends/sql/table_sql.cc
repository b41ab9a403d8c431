#include "backends/sql/table_sql.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weir {
namespace {

// Leaves room for the rest of an index's name in PostgreSQL's 63 bytes.
constexpr size_t kTableBytesInIndexName = 48;

std::string Columns(const SqlTable& table) {
  return absl::StrJoin(table.schema.fields, ", ", [](std::string* out, const Field& field) {
    absl::StrAppend(out, Quoted(field.name));
  });
}

std::string WhereId(const SqlTable& table, size_t parameter) {
  return absl::StrCat(" WHERE ", Column(table, table.schema.id_field), " = ",
                      Parameter(table, parameter));
}

// "level" = <prefix>…, for every field but the id.
template <typename Source>
std::string Assignments(const SqlTable& table, Source source) {
  std::vector<std::string> parts;
  for (int field = 0; field < static_cast<int>(table.schema.fields.size()); ++field) {
    if (field == table.schema.id_field) continue;
    parts.push_back(absl::StrCat(Column(table, field), " = ", source(field)));
  }
  return absl::StrJoin(parts, ", ");
}

std::string Row(const SqlTable& table, size_t row) {
  const size_t fields = table.schema.fields.size();
  std::string out = "(";
  for (size_t field = 0; field < fields; ++field) {
    absl::StrAppend(&out, field == 0 ? "" : ", ", Parameter(table, row * fields + field));
  }
  return out + ")";
}

std::string ConflictClause(const SqlTable& table, OnConflict on_conflict) {
  if (on_conflict == OnConflict::kFail) return "";
  const std::string target =
      absl::StrCat(" ON CONFLICT (", Column(table, table.schema.id_field), ") DO ");
  if (on_conflict == OnConflict::kIgnore) return target + "NOTHING";
  return absl::StrCat(target, "UPDATE SET ", Assignments(table, [&table](int field) {
                        return absl::StrCat("excluded.", Column(table, field));
                      }));
}

}  // namespace

std::string CreateTableSql(const SqlTable& table, std::string_view kind, std::string_view options,
                           PrimaryKey key) {
  std::vector<std::string> columns;
  for (int field = 0; field < static_cast<int>(table.schema.fields.size()); ++field) {
    const std::string type(table.dialect.ColumnType(table.schema.fields[field].type));
    const bool is_id = field == table.schema.id_field;
    columns.push_back(absl::StrCat(Column(table, field), " ", type,
                                   is_id && key == PrimaryKey::kWithTable ? " PRIMARY KEY" : "",
                                   " NOT NULL"));
  }
  return absl::StrCat("CREATE ", std::string(kind), " IF NOT EXISTS ", Quoted(table.name), " (",
                      absl::StrJoin(columns, ", "), ")", std::string(options));
}

std::string AddPrimaryKeySql(const SqlTable& table) {
  return absl::StrCat("ALTER TABLE ", Quoted(table.name), " ADD PRIMARY KEY (",
                      Column(table, table.schema.id_field), ")");
}

std::vector<std::string> CreateIndexSql(const SqlTable& table,
                                        const std::vector<std::vector<int>>& indexes) {
  std::vector<std::string> statements;
  for (const std::vector<int>& index : indexes) {
    const std::string name = absl::StrCat(table.name.substr(0, kTableBytesInIndexName), "_on_",
                                          absl::StrJoin(index, "_"));
    const std::string columns = absl::StrJoin(index, ", ", [&table](std::string* out, int field) {
      absl::StrAppend(out, Column(table, field));
    });
    statements.push_back(absl::StrCat("CREATE INDEX IF NOT EXISTS ", Quoted(name), " ON ",
                                      Quoted(table.name), " (", columns, ")"));
  }
  return statements;
}

std::string InsertSql(const SqlTable& table, size_t rows, OnConflict on_conflict) {
  std::string out =
      absl::StrCat("INSERT INTO ", Quoted(table.name), " (", Columns(table), ") VALUES ");
  for (size_t row = 0; row < rows; ++row) {
    absl::StrAppend(&out, row == 0 ? "" : ", ", Row(table, row));
  }
  return out + ConflictClause(table, on_conflict);
}

std::string ReplaceSql(const SqlTable& table) {
  const auto parameter = [&table](int field) { return Parameter(table, field); };
  return absl::StrCat("UPDATE ", Quoted(table.name), " SET ", Assignments(table, parameter),
                      WhereId(table, table.schema.id_field));
}

std::string DeleteSql(const SqlTable& table) {
  return absl::StrCat("DELETE FROM ", Quoted(table.name), WhereId(table, 0));
}

std::string ReadSql(const SqlTable& table) { return SelectAllSql(table) + WhereId(table, 0); }

std::string SelectAllSql(const SqlTable& table) {
  return absl::StrCat("SELECT ", Columns(table), " FROM ", Quoted(table.name));
}

}  // namespace weir
