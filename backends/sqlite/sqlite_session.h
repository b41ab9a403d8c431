// One connection to SQLite, with its prepared statements. Answers from inside Start.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "backends/api/backend.h"
#include "backends/sql/table_sql.h"

namespace weir {

class SqliteSession final : public Session {
 public:
  SqliteSession(std::unique_ptr<SQLite::Database> database, SqlTable table,
                const RecordSource& records, CompletionSink& sink);

  int Capacity() const override { return 1; }
  void Start(const Operation& operation, Ticket ticket) override;
  void Abandon(Ticket) override {}  // nothing is ever in flight

 private:
  using StatementPtr = std::unique_ptr<SQLite::Statement>;

  Outcome Run(const Operation& operation);
  Outcome Write(const Operation& operation, OnConflict on_conflict);
  Outcome WriteBatch(const Operation& operation, OnConflict on_conflict);
  Outcome Replace(const Operation& operation);
  Outcome Delete(const Operation& operation);
  Outcome Select(SQLite::Statement& statement);
  Outcome Read(const Operation& operation);
  Outcome Query(const Operation& operation);

  // Steps once; throws SQLite::Exception when refused. The number of rows changed.
  int Change(SQLite::Statement& statement);
  Outcome Refused(int extended_code, const char* words);
  void RollBack();

  // These return the number of bytes bound.
  uint64_t BindRecord(SQLite::Statement& statement, uint64_t index, uint64_t revision);
  uint64_t BindId(SQLite::Statement& statement, uint64_t index);
  uint64_t Bind(SQLite::Statement& statement, int position, FieldType type, const Value& value);

  SQLite::Statement& Prepared(StatementPtr& slot, std::string (*sql)(const SqlTable&));
  SQLite::Statement& Insert(OnConflict on_conflict);
  SQLite::Statement& Prepared(const QuerySpec& query);

  std::unique_ptr<SQLite::Database> database_;
  SqlTable table_;
  const RecordSource& records_;
  CompletionSink& sink_;

  std::array<StatementPtr, 3> inserts_;  // by OnConflict
  StatementPtr read_, replace_, delete_;
  std::unordered_map<const QuerySpec*, StatementPtr> queries_;

  Record record_;
  std::vector<std::string> texts_;  // of the parameters bound, by position; reused
  std::string words_;               // behind Outcome::detail
};

}  // namespace weir
