#include "backends/sqlite/sqlite_session.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "backends/sql/query_sql.h"
#include "backends/sql/value_bytes.h"
#include "backends/sqlite/sqlite_verdict.h"

namespace weir {
namespace {

// A statement that is not reset keeps its lock.
class ScopedReset {
 public:
  explicit ScopedReset(SQLite::Statement& statement) : statement_(statement) {}
  ~ScopedReset() { statement_.tryReset(); }
  ScopedReset(const ScopedReset&) = delete;
  ScopedReset& operator=(const ScopedReset&) = delete;

 private:
  SQLite::Statement& statement_;
};

uint64_t ColumnBytes(const SQLite::Column& column) {
  return column.getType() == SQLITE_TEXT ? column.getBytes() : 8;
}

}  // namespace

SqliteSession::SqliteSession(std::unique_ptr<SQLite::Database> database, SqlTable table,
                             const RecordSource& records, CompletionSink& sink)
    : database_(std::move(database)), table_(std::move(table)), records_(records), sink_(sink) {
  texts_.resize(Record::kMaxFields);
}

void SqliteSession::Start(const Operation& operation, Ticket ticket) {
  Outcome outcome;
  try {
    outcome = Run(operation);
  } catch (const SQLite::Exception& refusal) {
    outcome = Refused(refusal.getExtendedErrorCode(), refusal.what());
  } catch (const std::exception& failure) {
    outcome = Refused(SQLITE_ERROR, failure.what());
  }
  // Last: the sink may start the next operation from inside.
  sink_.Complete(ticket, outcome);
}

Outcome SqliteSession::Run(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::kInsert:
      // What an attempt of unknown effect has written is no conflict.
      return Write(operation, operation.in_doubt ? OnConflict::kIgnore : OnConflict::kFail);
    case OperationKind::kUpsert:
      return Write(operation, OnConflict::kUpdate);
    case OperationKind::kRead:
      return Read(operation);
    case OperationKind::kReplace:
      return Replace(operation);
    case OperationKind::kDelete:
      return Delete(operation);
    case OperationKind::kQuery:
      return Query(operation);
  }
  return Refused(SQLITE_MISUSE, "no such kind of operation");
}

Outcome SqliteSession::Write(const Operation& operation, OnConflict on_conflict) {
  if (operation.records > 1) return WriteBatch(operation, on_conflict);
  SQLite::Statement& insert = Insert(on_conflict);
  Outcome outcome;
  outcome.bytes_sent = BindRecord(insert, operation.first_record, operation.revision);
  Change(insert);
  outcome.records = 1;
  return outcome;
}

Outcome SqliteSession::WriteBatch(const Operation& operation, OnConflict on_conflict) {
  SQLite::Statement& insert = Insert(on_conflict);
  Outcome outcome;
  try {
    database_->exec("BEGIN IMMEDIATE");
    for (uint32_t i = 0; i < operation.records; ++i) {
      outcome.bytes_sent += BindRecord(insert, operation.first_record + i, operation.revision);
      Change(insert);
    }
    database_->exec("COMMIT");
  } catch (const SQLite::Exception& refusal) {
    const uint64_t bytes_sent = outcome.bytes_sent;
    outcome = Refused(refusal.getExtendedErrorCode(), refusal.what());
    outcome.bytes_sent = bytes_sent;
    RollBack();
    return outcome;
  }
  outcome.records = operation.records;
  return outcome;
}

Outcome SqliteSession::Replace(const Operation& operation) {
  SQLite::Statement& replace = Prepared(replace_, ReplaceSql);
  Outcome outcome;
  outcome.bytes_sent = BindRecord(replace, operation.first_record, operation.revision);
  outcome.records = Change(replace);
  if (outcome.records == 0) outcome.verdict = Verdict::kNotFound;
  return outcome;
}

Outcome SqliteSession::Delete(const Operation& operation) {
  SQLite::Statement& remove = Prepared(delete_, DeleteSql);
  Outcome outcome;
  outcome.bytes_sent = BindId(remove, operation.first_record);
  outcome.records = Change(remove);
  if (outcome.records == 0) outcome.verdict = Verdict::kNotFound;
  return outcome;
}

Outcome SqliteSession::Select(SQLite::Statement& statement) {
  const ScopedReset reset(statement);
  Outcome outcome;
  while (statement.executeStep()) {
    ++outcome.records;
    for (int i = 0; i < statement.getColumnCount(); ++i) {
      outcome.bytes_received += ColumnBytes(statement.getColumn(i));
    }
  }
  return outcome;
}

Outcome SqliteSession::Read(const Operation& operation) {
  SQLite::Statement& read = Prepared(read_, ReadSql);
  const uint64_t bytes_sent = BindId(read, operation.first_record);
  Outcome outcome = Select(read);
  outcome.bytes_sent = bytes_sent;
  if (outcome.records == 0) outcome.verdict = Verdict::kNotFound;
  return outcome;
}

Outcome SqliteSession::Query(const Operation& operation) {
  SQLite::Statement& query = Prepared(*operation.query);
  uint64_t bytes_sent = 0;
  for (size_t i = 0; i < operation.parameters.size(); ++i) {
    bytes_sent +=
        Bind(query, static_cast<int>(i), operation.query->parameters[i], operation.parameters[i]);
  }
  Outcome outcome = Select(query);
  outcome.bytes_sent = bytes_sent;
  return outcome;
}

int SqliteSession::Change(SQLite::Statement& statement) {
  const ScopedReset reset(statement);
  return statement.exec();
}

Outcome SqliteSession::Refused(int extended_code, const char* words) {
  words_ = words;
  Outcome outcome;
  outcome.verdict = SqliteVerdict(extended_code);
  outcome.retryable = SqliteRetryable(extended_code);
  outcome.detail = words_;
  return outcome;
}

void SqliteSession::RollBack() {
  // Refused when BEGIN itself was, or when SQLite has rolled back already.
  database_->tryExec("ROLLBACK");
}

uint64_t SqliteSession::BindRecord(SQLite::Statement& statement, uint64_t index,
                                   uint64_t revision) {
  records_.Make(index, revision, &record_);
  uint64_t bytes = 0;
  for (size_t i = 0; i < record_.size(); ++i) {
    bytes += Bind(statement, static_cast<int>(i), table_.schema.fields[i].type, record_[i]);
  }
  return bytes;
}

uint64_t SqliteSession::BindId(SQLite::Statement& statement, uint64_t index) {
  records_.Make(index, 0, &record_);
  return Bind(statement, 0, FieldType::kText, record_[table_.schema.id_field]);
}

uint64_t SqliteSession::Bind(SQLite::Statement& statement, int position, FieldType type,
                             const Value& value) {
  switch (type) {
    case FieldType::kText:
      // SQLiteCpp binds text of a given length from a std::string only.
      texts_[position].assign(value.text());
      statement.bindNoCopy(position + 1, texts_[position]);
      break;
    case FieldType::kDouble:
      statement.bind(position + 1, value.real());
      break;
    default:
      statement.bind(position + 1, value.integer());
      break;
  }
  return ValueBytes(type, value);
}

SQLite::Statement& SqliteSession::Prepared(StatementPtr& slot,
                                           std::string (*sql)(const SqlTable&)) {
  if (slot == nullptr) slot = std::make_unique<SQLite::Statement>(*database_, sql(table_));
  return *slot;
}

SQLite::Statement& SqliteSession::Insert(OnConflict on_conflict) {
  StatementPtr& slot = inserts_[static_cast<size_t>(on_conflict)];
  if (slot == nullptr) {
    slot = std::make_unique<SQLite::Statement>(*database_, InsertSql(table_, 1, on_conflict));
  }
  return *slot;
}

SQLite::Statement& SqliteSession::Prepared(const QuerySpec& query) {
  StatementPtr& slot = queries_[&query];
  if (slot == nullptr) {
    slot = std::make_unique<SQLite::Statement>(*database_, QuerySql(table_, query));
  }
  return *slot;
}

}  // namespace weir
