// Statements on a target's table. Parameters of writes are the fields of the record (record after
// record) in the schema's order; those of a read or delete are the id alone.
#pragma once

#include <string>
#include <vector>

#include "backends/sql/sql_dialect.h"

namespace weir {

enum class OnConflict { kFail, kIgnore, kUpdate };

// "CREATE <kind> IF NOT EXISTS …<options>"; kind is TABLE or UNLOGGED TABLE.
enum class PrimaryKey { kWithTable, kLater };
std::string CreateTableSql(const SqlTable& table, std::string_view kind, std::string_view options,
                           PrimaryKey key = PrimaryKey::kWithTable);

// Of a table that was created without.
std::string AddPrimaryKeySql(const SqlTable& table);

// One statement per index; each list of fields is one index.
std::vector<std::string> CreateIndexSql(const SqlTable& table,
                                        const std::vector<std::vector<int>>& indexes);

std::string InsertSql(const SqlTable& table, size_t rows, OnConflict on_conflict);
std::string ReplaceSql(const SqlTable& table);
std::string DeleteSql(const SqlTable& table);
std::string ReadSql(const SqlTable& table);

// Every record, every field in the schema's order.
std::string SelectAllSql(const SqlTable& table);

}  // namespace weir
