#include "backends/sql/table_sql.h"

#include <gtest/gtest.h>

#include "backends/sqlite/sqlite_dialect.h"

namespace weir {
namespace {

RecordSchema Schema() {
  RecordSchema schema;
  schema.fields = {
      {"id", FieldType::kText}, {"user", FieldType::kInt64}, {"at", FieldType::kDouble}};
  schema.id_field = 0;
  schema.indexes = {{1, 2}, {2}};
  return schema;
}

class TableSql : public ::testing::Test {
 protected:
  const RecordSchema schema_ = Schema();
  const SqlTable table_{schema_, "t", SqliteDialect()};
};

TEST_F(TableSql, CreatesThePrimaryKeyOnTheId) {
  EXPECT_EQ(CreateTableSql(table_, "TABLE", " STRICT"),
            "CREATE TABLE IF NOT EXISTS \"t\" (\"id\" TEXT PRIMARY KEY NOT NULL, "
            "\"user\" INTEGER NOT NULL, \"at\" REAL NOT NULL) STRICT");
}

TEST_F(TableSql, ThePrimaryKeyMayComeLater) {
  EXPECT_EQ(CreateTableSql(table_, "TABLE", "", PrimaryKey::kLater),
            "CREATE TABLE IF NOT EXISTS \"t\" (\"id\" TEXT NOT NULL, "
            "\"user\" INTEGER NOT NULL, \"at\" REAL NOT NULL)");
  EXPECT_EQ(AddPrimaryKeySql(table_), "ALTER TABLE \"t\" ADD PRIMARY KEY (\"id\")");
}

TEST_F(TableSql, NamesIndexesByTheirFields) {
  const std::vector<std::string> indexes = CreateIndexSql(table_, schema_.indexes);
  ASSERT_EQ(indexes.size(), 2u);
  EXPECT_EQ(indexes[0], "CREATE INDEX IF NOT EXISTS \"t_on_1_2\" ON \"t\" (\"user\", \"at\")");
}

TEST_F(TableSql, IndexNamesOfLongTablesFitAndDiffer) {
  const SqlTable table{schema_, std::string(63, 'x'), SqliteDialect()};
  const std::vector<std::string> indexes = CreateIndexSql(table, {{0, 1, 2}, {2, 1, 0}});
  for (const std::string& index : indexes) {
    const size_t from = index.find('"') + 1;
    EXPECT_LE(index.find('"', from) - from, 63u) << index;
  }
  EXPECT_NE(indexes[0].substr(0, 100), indexes[1].substr(0, 100));
}

TEST_F(TableSql, NumbersParametersRowAfterRow) {
  EXPECT_EQ(InsertSql(table_, 2, OnConflict::kIgnore),
            "INSERT INTO \"t\" (\"id\", \"user\", \"at\") VALUES (?1, ?2, ?3), (?4, ?5, ?6) "
            "ON CONFLICT (\"id\") DO NOTHING");
  EXPECT_TRUE(
      InsertSql(table_, 1, OnConflict::kUpdate)
          .ends_with("DO UPDATE SET \"user\" = excluded.\"user\", \"at\" = excluded.\"at\""));
}

TEST_F(TableSql, ReplacesAllButTheId) {
  EXPECT_EQ(ReplaceSql(table_), "UPDATE \"t\" SET \"user\" = ?2, \"at\" = ?3 WHERE \"id\" = ?1");
}

}  // namespace
}  // namespace weir
