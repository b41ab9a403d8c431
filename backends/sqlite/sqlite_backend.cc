#include "backends/sqlite/sqlite_backend.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

#include "backends/sqlite/sqlite_dialect.h"
#include "backends/sqlite/sqlite_session.h"
#include "backends/sqlite/sqlite_verdict.h"
#include "base/status.h"

namespace weir {
namespace {

// Within the statement that made the table, which SQLite keeps: by it a table is known to be ours.
constexpr char kMark[] = "/* made by weir */";

// How long a connection waits for another's lock before the operation fails as retryable.
constexpr int kBusyTimeoutMs = 1000;
constexpr int kSetUpBusyTimeoutMs = 10'000;

// A database in memory that all connections of this backend share. The memdb VFS, unlike a shared
// cache, locks like a file: a busy connection waits instead of failing at once.
std::string MemoryUri() {
  static std::atomic<int> last{0};
  return absl::StrCat("file:/weir-", ++last, "?vfs=memdb");
}

std::string JournalMode(const v1::SqliteTarget& target) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::JournalMode_Name(target.journal_mode()), "JOURNAL_MODE_"));
}

std::string Synchronous(const v1::SqliteTarget& target) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::SqliteSynchronous_Name(target.synchronous()), "SQLITE_SYNCHRONOUS_"));
}

std::string SynchronousName(int level) {
  constexpr const char* kNames[] = {"off", "normal", "full", "extra"};
  return level >= 0 && level < 4 ? kNames[level] : absl::StrCat(level);
}

Value ColumnValue(FieldType type, const SQLite::Column& column) {
  switch (type) {
    case FieldType::kText:
      return Value::Text({column.getText(), static_cast<size_t>(column.getBytes())});
    case FieldType::kDouble:
      return Value::Real(column.getDouble());
    default:
      return Value::Integer(column.getInt64());
  }
}

class SqliteBackend final : public Backend {
 public:
  SqliteBackend(v1::SqliteTarget target, const RecordSource& records)
      : target_(std::move(target)),
        in_memory_(target_.path() == ":memory:"),
        uri_(in_memory_ ? MemoryUri() : target_.path()),
        records_(records) {}

  absl::Status SetUp(bool create) override {
    return Guarded("setting up", [&]() -> absl::Status {
      auto database = Open(kSetUpBusyTimeoutMs);
      if (create && IsForeign(*database)) {
        return WontDrop({.place = absl::StrCat("table ", Table().name)});
      }
      if (create) database->exec(absl::StrCat("DROP TABLE IF EXISTS ", Quoted(Table().name)));
      database->exec(MarkedTableSql());
      WEIR_RETURN_IF_ERROR(CheckColumns(*database));
      for (const std::string& index : CreateIndexSql(Table(), records_.schema().indexes)) {
        database->exec(index);
      }
      if (in_memory_ && keeper_ == nullptr) keeper_ = std::move(database);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<Standing> Survey() override {
    Standing standing;
    standing.place = absl::StrCat("table ", Table().name, " of sqlite ", target_.path());
    if (in_memory_ || !std::filesystem::exists(target_.path())) return standing;
    WEIR_RETURN_IF_ERROR(Guarded("looking at", [&]() -> absl::Status {
      const auto database = Open(kBusyTimeoutMs);
      standing.exists = database->tableExists(Table().name);
      standing.foreign = IsForeign(*database);
      return absl::OkStatus();
    }));
    return standing;
  }

  // Of the whole file, which may hold more than our table.
  absl::StatusOr<uint64_t> StoredBytes() override {
    uint64_t bytes = 0;
    WEIR_RETURN_IF_ERROR(Guarded("measuring", [&]() -> absl::Status {
      const auto database = Open(kBusyTimeoutMs);
      bytes = static_cast<uint64_t>(database->execAndGet("PRAGMA page_count").getInt64() *
                                    database->execAndGet("PRAGMA page_size").getInt64());
      return absl::OkStatus();
    }));
    return bytes;
  }

  absl::StatusOr<std::vector<std::string>> Settle() override {
    WEIR_RETURN_IF_ERROR(Guarded("settling", [&]() -> absl::Status {
      auto database = Open(kSetUpBusyTimeoutMs);
      database->exec("ANALYZE");
      database->exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return absl::OkStatus();
    }));
    return std::vector<std::string>();
  }

  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop&, CompletionSink& sink) override {
    std::unique_ptr<Session> session;
    WEIR_RETURN_IF_ERROR(Guarded("opening a session", [&]() -> absl::Status {
      session = std::make_unique<SqliteSession>(Open(kBusyTimeoutMs), Table(), records_, sink);
      return absl::OkStatus();
    }));
    return session;
  }

  absl::StatusOr<Disclosure> Disclose() override {
    Disclosure disclosure;
    WEIR_RETURN_IF_ERROR(Guarded("asking for settings", [&]() -> absl::Status {
      auto database = Open(kBusyTimeoutMs);
      AddSettings(*database, &disclosure);
      AddDefinitions(*database, &disclosure);
      return absl::OkStatus();
    }));
    return disclosure;
  }

  absl::Status Scan(absl::FunctionRef<void(const Record&)> visit) override {
    return Guarded("reading back", [&]() -> absl::Status {
      auto database = Open(kSetUpBusyTimeoutMs);
      if (!database->tableExists(Table().name)) {
        return absl::NotFoundError(absl::StrCat("no table ", Table().name));
      }
      SQLite::Statement select(*database, SelectAllSql(Table()));
      Record record;
      while (select.executeStep()) VisitRow(select, &record, visit);
      return absl::OkStatus();
    });
  }

 private:
  SqlTable Table() const { return {records_.schema(), target_.table(), SqliteDialect()}; }

  std::string MarkedTableSql() const {
    std::string sql = CreateTableSql(Table(), "TABLE", "");
    return sql.insert(sql.find('(') + 1, kMark);
  }

  // These throw SQLite::Exception.
  bool IsForeign(SQLite::Database& database) const {
    SQLite::Statement made(database,
                           "SELECT instr(sql, ?1) FROM sqlite_master "
                           "WHERE type = 'table' AND name = ?2");
    made.bind(1, kMark);
    made.bind(2, Table().name);
    if (!made.executeStep() || made.getColumn(0).getInt() > 0) return false;
    SQLite::Statement row(database,
                          absl::StrCat("SELECT 1 FROM ", Quoted(Table().name), " LIMIT 1"));
    return row.executeStep();
  }

  std::unique_ptr<SQLite::Database> Open(int busy_timeout_ms) const {
    auto database = std::make_unique<SQLite::Database>(
        uri_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX |
                  (in_memory_ ? SQLite::OPEN_URI : 0));
    // Without this a misnamed column in quotes is silently taken for a text.
    sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    database->setBusyTimeout(busy_timeout_ms);
    database->exec(absl::StrCat("PRAGMA journal_mode = ", JournalMode(target_)));
    database->exec(absl::StrCat("PRAGMA synchronous = ", Synchronous(target_)));
    return database;
  }

  // Runs code that may throw: library exceptions end here.
  template <typename Code>
  absl::Status Guarded(const char* doing, Code code) const {
    const std::string context = absl::StrCat(doing, " sqlite ", target_.path());
    try {
      return Annotate(code(), context);
    } catch (const SQLite::Exception& refusal) {
      return {SqliteStatusCode(refusal.getExtendedErrorCode()),
              absl::StrCat(context, ": ", refusal.what())};
    } catch (const std::exception& failure) {
      return absl::InternalError(absl::StrCat(context, ": ", failure.what()));
    }
  }

  absl::Status CheckColumns(SQLite::Database& database) const {
    try {
      const SQLite::Statement select(database, SelectAllSql(Table()));
    } catch (const SQLite::Exception& refusal) {
      return absl::InvalidArgumentError(
          absl::StrCat("table ", Table().name, " is not one of dataset ", records_.schema().name,
                       " (", refusal.what(), "); run a load phase, or choose another table"));
    }
    return absl::OkStatus();
  }

  void AddSettings(SQLite::Database& database, Disclosure* disclosure) const {
    const auto add = [&](const char* name, std::string value) {
      disclosure->facts.push_back({"SQLite", name, std::move(value)});
    };
    // Some answer nothing for a database in memory.
    const auto pragma = [&](const char* name) {
      SQLite::Statement asked(database, absl::StrCat("PRAGMA ", name));
      return asked.executeStep() ? asked.getColumn(0).getString() : "not applicable";
    };
    add("version", database.execAndGet("SELECT sqlite_version()").getString());
    add("path", target_.path());
    add("journal_mode", pragma("journal_mode"));
    add("synchronous", SynchronousName(database.execAndGet("PRAGMA synchronous").getInt()));
    for (const char* name : {"page_size", "cache_size", "wal_autocheckpoint", "mmap_size"}) {
      add(name, pragma(name));
    }
    add("busy_timeout_ms", absl::StrCat(kBusyTimeoutMs));
  }

  void AddDefinitions(SQLite::Database& database, Disclosure* disclosure) const {
    SQLite::Statement definitions(
        database,
        "SELECT type, name, sql FROM sqlite_master "
        "WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC, name");
    definitions.bind(1, Table().name);
    while (definitions.executeStep()) {
      disclosure->facts.push_back({"SQLite",
                                   absl::StrCat(definitions.getColumn(0).getString(), " ",
                                                definitions.getColumn(1).getString()),
                                   definitions.getColumn(2).getString()});
    }
  }

  void VisitRow(SQLite::Statement& row, Record* record,
                absl::FunctionRef<void(const Record&)> visit) const {
    const std::vector<Field>& fields = records_.schema().fields;
    record->Reset(fields.size(), 0);
    for (size_t i = 0; i < fields.size(); ++i) {
      record->Set(i, ColumnValue(fields[i].type, row.getColumn(static_cast<int>(i))));
    }
    visit(*record);
  }

  const v1::SqliteTarget target_;
  const bool in_memory_;
  const std::string uri_;
  const RecordSource& records_;
  std::unique_ptr<SQLite::Database> keeper_;  // keeps a database in memory alive
};

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeSqliteBackend(const v1::SqliteTarget& target,
                                                           const RecordSource& records) {
  if (target.path().empty()) return absl::InvalidArgumentError("sqlite: path is empty");
  return std::make_unique<SqliteBackend>(target, records);
}

}  // namespace weir
