// The SQL of queries, by what a real SQLite answers; on PostgreSQL see postgres_backend_test.cc.
#include "backends/sql/query_sql.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include "backends/sql/table_sql.h"
#include "backends/sqlite/sqlite_dialect.h"
#include "tests/support/brute_force.h"
#include "tests/support/sample_records.h"

namespace weir {
namespace {

constexpr uint64_t kRecords = 700;

class QueryOnSqlite : public ::testing::Test {
 protected:
  QueryOnSqlite() {
    database_.exec(CreateTableSql(table_, "TABLE", ""));
    SQLite::Statement insert(database_, InsertSql(table_, 1, OnConflict::kFail));
    Record record;
    for (uint64_t index = 0; index < kRecords; ++index) {
      records_.Make(index, 0, &record);
      for (size_t field = 0; field < record.size(); ++field) Bind(&insert, field, record);
      insert.exec();
      insert.reset();
    }
  }

  void Bind(SQLite::Statement* statement, size_t field, const Record& record) {
    const int position = static_cast<int>(field) + 1;
    switch (records_.schema().fields[field].type) {
      case FieldType::kText:
        statement->bind(position, std::string(record[field].text()));
        break;
      case FieldType::kDouble:
        statement->bind(position, record[field].real());
        break;
      default:
        statement->bind(position, record[field].integer());
        break;
    }
  }

  std::vector<std::vector<std::string>> Answer(SQLite::Statement& query) {
    std::vector<std::vector<std::string>> rows;
    while (query.executeStep()) {
      rows.emplace_back();
      for (int i = 0; i < query.getColumnCount(); ++i) {
        rows.back().push_back(query.getColumn(i).getString());
      }
    }
    return rows;
  }

  const SampleRecords records_;
  const SqlTable table_{records_.schema(), "weir_records", SqliteDialect()};
  SQLite::Database database_{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
};

TEST_F(QueryOnSqlite, PercentileIsTheNearestRank) {
  const QuerySpec& spec = *records_.schema().FindQuery("slowest_users");
  Record near;
  for (const uint64_t from : {0u, 1u, 350u, 600u, 690u, 699u}) {
    records_.Make(from, 0, &near);
    SQLite::Statement query(database_, QuerySql(table_, spec));
    query.bind(1, near[SampleRecords::kTime].integer());
    const Value parameters[] = {near[SampleRecords::kTime]};
    EXPECT_EQ(Answer(query), BruteForceGroups(records_, 0, kRecords, spec, parameters)) << from;
  }
}

TEST_F(QueryOnSqlite, MinutesAreCountedByTheirStart) {
  const QuerySpec& spec = *records_.schema().FindQuery("count_by_user_per_minute");
  const Value parameters[] = {Value::Text("us-east")};
  SQLite::Statement query(database_, QuerySql(table_, spec));
  query.bind(1, "us-east");
  const auto expected = BruteForceGroups(records_, 0, kRecords, spec, parameters);
  EXPECT_GT(expected.size(), 100u);
  EXPECT_EQ(Answer(query), expected);
}

TEST_F(QueryOnSqlite, MinutesBefore1970RoundDown) {
  const std::string minute = SqliteDialect().MinuteOf("t");
  SQLite::Statement query(database_, "SELECT " + minute + " FROM (SELECT ?1 AS t)");
  for (const auto& [time, start] : {std::pair<int64_t, int64_t>{-1, -60'000'000},
                                    {-60'000'000, -60'000'000},
                                    {0, 0},
                                    {59'999'999, 0},
                                    {60'000'000, 60'000'000}}) {
    query.bind(1, time);
    ASSERT_TRUE(query.executeStep());
    EXPECT_EQ(query.getColumn(0).getInt64(), start) << time;
    query.reset();
  }
}

TEST_F(QueryOnSqlite, OrderAndLimitAreInTheText) {
  const std::string sql = QuerySql(table_, *records_.schema().FindQuery("recent_in_region"));
  EXPECT_TRUE(
      sql.ends_with("WHERE \"region\" = ?1 AND \"time\" >= ?2 AND \"time\" < ?3 "
                    "ORDER BY \"time\" DESC LIMIT 20"))
      << sql;
}

}  // namespace
}  // namespace weir
