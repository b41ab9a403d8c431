#include "reports/results_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/printable.h"
#include "base/status.h"
#include "reports/stored_run.h"

namespace weir {
namespace {

constexpr int kSchemaVersion = 1;
constexpr int kApplicationId = 0x57656972;  // "Weir"
constexpr int kBusyTimeoutMs = 10'000;

constexpr char kSchema[] = R"sql(
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    campaign TEXT NOT NULL,
    started_unix_ns INTEGER NOT NULL,
    state INTEGER NOT NULL,
    validity INTEGER NOT NULL,
    legs INTEGER NOT NULL,
    result BLOB NOT NULL          -- weir.v1.RunResult
  );
  CREATE TABLE intervals (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    leg INTEGER NOT NULL,
    stage INTEGER NOT NULL,       -- weir.v1.Phase
    second INTEGER NOT NULL,
    interval BLOB NOT NULL,       -- weir.v1.Interval
    PRIMARY KEY (run, leg, stage, second)
  ) WITHOUT ROWID;
)sql";

absl::Status ToStatus(const SQLite::Exception& error, const std::string& path) {
  const std::string message = absl::StrCat("results store ", path, ": ", error.what());
  if (error.getErrorCode() == SQLITE_CONSTRAINT) return absl::AlreadyExistsError(message);
  if (error.getErrorCode() == SQLITE_BUSY) return absl::UnavailableError(message);
  return absl::InternalError(message);
}

absl::Status CreateFolderOf(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("cannot create folder ", folder.string(), ": ", error.message()));
}

int Pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(absl::StrCat("PRAGMA ", name)).getInt();
}

absl::Status CheckSchema(SQLite::Database& database, const std::string& path) {
  const int version = Pragma(database, "user_version");
  const int tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
  if (tables > 0 && Pragma(database, "application_id") != kApplicationId) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is a database of another program, not a Weir results store"));
  }
  if (version <= kSchemaVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "results store ", path, " was written by a newer Weir (its schema is ", version,
      ", this Weir knows ", kSchemaVersion, "): use the newer Weir, or name another file"));
}

// Takes the write lock before it looks, so that two processes cannot both create.
void CreateSchema(SQLite::Database& database) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (Pragma(database, "user_version") == 0) {
    database.exec(kSchema);
    database.exec(absl::StrCat("PRAGMA application_id = ", kApplicationId));
    database.exec(absl::StrCat("PRAGMA user_version = ", kSchemaVersion));
  }
  transaction.commit();
}

// The process may die at any moment and the machine lose its power: what was committed stays, since
// agents forget what the store has (synchronous = FULL). What else lies in the file is not run.
void Configure(SQLite::Database& database) {
  database.exec("PRAGMA trusted_schema = OFF");
  database.exec("PRAGMA cell_size_check = ON");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA foreign_keys = ON");
}

std::string Blob(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<size_t>(column.getBytes())};
}

RunSummary ReadSummary(SQLite::Statement& row) {
  RunSummary summary{.id = row.getColumn(0).getString(),
                     .campaign = row.getColumn(1).getString(),
                     .started_unix_ns = row.getColumn(2).getInt64(),
                     .state = static_cast<v1::RunState>(row.getColumn(3).getInt()),
                     .validity = static_cast<v1::Validity>(row.getColumn(4).getInt()),
                     .legs = row.getColumn(5).getUInt(),
                     .damage = ""};
  summary.damage = std::string(CheckStoredId(summary.id).message());
  return summary;
}

class SqliteResultsStore : public ResultsStore {
 public:
  explicit SqliteResultsStore(const std::string& path)
      : path_(path),
        database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs) {}

  absl::Status Open() {
    return Guarded([&]() -> absl::Status {
      WEIR_RETURN_IF_ERROR(CheckSchema(database_, path_));
      Configure(database_);
      if (Pragma(database_, "user_version") == 0) CreateSchema(database_);
      return absl::OkStatus();
    });
  }

  absl::Status SaveRun(const v1::RunResult& run) override {
    return Guarded([&] {
      SQLite::Statement insert(database_,
                               "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?) "
                               "ON CONFLICT (id) DO UPDATE SET campaign = excluded.campaign, "
                               "started_unix_ns = excluded.started_unix_ns, "
                               "state = excluded.state, validity = excluded.validity, "
                               "legs = excluded.legs, result = excluded.result");
      const std::string blob = run.SerializeAsString();
      insert.bind(1, run.id());
      insert.bind(2, run.campaign().name());
      insert.bind(3, run.started_unix_ns());
      insert.bind(4, static_cast<int>(run.state()));
      insert.bind(5, static_cast<int>(run.verdict().validity()));
      insert.bind(6, run.legs_size());
      insert.bind(7, blob.data(), static_cast<int>(blob.size()));
      insert.exec();
      bounds_of_.clear();
      return absl::OkStatus();
    });
  }

  absl::Status AppendInterval(const std::string& run_id, uint32_t leg, v1::Phase stage,
                              const v1::Interval& interval) override {
    return Guarded([&] {
      SQLite::Statement insert(database_, "INSERT INTO intervals VALUES (?, ?, ?, ?, ?)");
      const std::string blob = interval.SerializeAsString();
      insert.bind(1, run_id);
      insert.bind(2, leg);
      insert.bind(3, static_cast<int>(stage));
      insert.bind(4, interval.second());
      insert.bind(5, blob.data(), static_cast<int>(blob.size()));
      insert.exec();
      return absl::OkStatus();
    });
  }

  absl::Status ReplaceFrom(uint32_t first_second, const v1::RunResult& run, uint32_t leg,
                           v1::Phase stage, const std::vector<v1::Interval>& intervals) override {
    return Guarded([&]() -> absl::Status {
      SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
      SQLite::Statement remove(database_,
                               "DELETE FROM intervals WHERE run = ? AND leg = ? AND stage = ? "
                               "AND second >= ?");
      remove.bind(1, run.id());
      remove.bind(2, leg);
      remove.bind(3, static_cast<int>(stage));
      remove.bind(4, first_second);
      remove.exec();
      for (const v1::Interval& interval : intervals) {
        WEIR_RETURN_IF_ERROR(AppendInterval(run.id(), leg, stage, interval));
      }
      WEIR_RETURN_IF_ERROR(SaveRun(run));
      transaction.commit();
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::vector<RunSummary>> ListRuns() const override {
    std::vector<RunSummary> runs;
    WEIR_RETURN_IF_ERROR(Guarded([&] {
      SQLite::Statement rows(database_,
                             "SELECT id, campaign, started_unix_ns, state, validity, legs "
                             "FROM runs ORDER BY started_unix_ns DESC, id DESC");
      while (rows.executeStep()) runs.push_back(ReadSummary(rows));
      return absl::OkStatus();
    }));
    return runs;
  }

  absl::StatusOr<v1::RunResult> LoadRun(const std::string& id) const override {
    WEIR_ASSIGN_OR_RETURN(const std::string full_id, Resolve(id));
    v1::RunResult run;
    WEIR_RETURN_IF_ERROR(Guarded([&] { return Read(full_id, &run); }));
    WEIR_RETURN_IF_ERROR(Unsound(full_id, CheckStoredRun(run)));
    if (run.id() == full_id) return run;
    return Unsound(full_id, absl::InvalidArgumentError("id is not the one that it is stored as"));
  }

  absl::Status ForEachInterval(
      const std::string& run_id, uint32_t leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) const override {
    return Guarded([&]() -> absl::Status {
      WEIR_ASSIGN_OR_RETURN(StoredSeconds seconds, BoundsOf(run_id, leg));
      SQLite::Statement rows(database_,
                             "SELECT stage, second, interval FROM intervals "
                             "WHERE run = ? AND leg = ? ORDER BY stage, second");
      rows.bind(1, run_id);
      rows.bind(2, leg);
      v1::Interval interval;
      while (rows.executeStep()) {
        const int stage = rows.getColumn(0).getInt();
        const int64_t second = rows.getColumn(1).getInt64();
        const absl::Status sound = interval.ParseFromString(Blob(rows.getColumn(2)))
                                       ? seconds.Check(stage, second, interval)
                                       : absl::InvalidArgumentError("is no interval");
        WEIR_RETURN_IF_ERROR(
            Unsound(run_id, Annotate(sound, absl::StrCat("second ", second, " of leg ", leg))));
        WEIR_RETURN_IF_ERROR(visit(static_cast<v1::Phase>(stage), interval));
      }
      return absl::OkStatus();
    });
  }

 private:
  template <typename Body>
  absl::Status Guarded(Body body) const {
    try {
      return body();
    } catch (const SQLite::Exception& error) {
      return ToStatus(error, path_);
    }
  }

  // The run as it lies there, unchecked. Leaves `run` empty when there is none.
  absl::Status Read(const std::string& id, v1::RunResult* run) const {
    SQLite::Statement row(database_, "SELECT result FROM runs WHERE id = ?");
    row.bind(1, id);
    if (!row.executeStep() || run->ParseFromString(Blob(row.getColumn(0)))) return absl::OkStatus();
    return Unsound(id, absl::InvalidArgumentError("its result is no message of Weir's"));
  }

  absl::Status Unsound(absl::string_view run, const absl::Status& why) const {
    if (why.ok()) return why;
    return absl::DataLossError(absl::StrCat(
        "results store ", path_, ": run ", Printable(run), " cannot be used: ", why.message(),
        "; the file is damaged, was edited, or is a newer Weir's: take a copy of it that is whole, "
        "or that Weir; other runs in it can still be read"));
  }

  // Many passes are made over the seconds of a run: its operations are counted once, until it, or
  // anything else in the file, changes.
  absl::StatusOr<StoredSeconds> BoundsOf(const std::string& run_id, uint32_t leg) const {
    const int version = Pragma(database_, "data_version");
    if (bounds_of_ != run_id || version != bounds_version_) {
      v1::RunResult run;
      WEIR_RETURN_IF_ERROR(Read(run_id, &run));
      operations_.clear();
      for (const v1::Leg& each : run.legs()) operations_.push_back(each.operations_size());
      bounds_of_ = run_id;
      bounds_version_ = version;
    }
    const int operations = leg < operations_.size() ? operations_[leg] : 0;
    return StoredSeconds(static_cast<uint32_t>(operations));
  }

  absl::StatusOr<std::string> Resolve(const std::string& id) const {
    std::vector<std::string> matches;
    WEIR_RETURN_IF_ERROR(Guarded([&] {
      matches = id == "latest" ? Latest() : WithPrefix(id);
      return absl::OkStatus();
    }));
    if (matches.size() == 1 || (!matches.empty() && matches[0] == id)) return matches[0];
    if (matches.empty()) return NoSuchRun(id);
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", id, "\" fits several runs: ", Printable(absl::StrJoin(matches, ", ")), " …"));
  }

  absl::Status NoSuchRun(const std::string& id) const {
    if (id == "latest" || id.empty()) {
      return absl::NotFoundError(absl::StrCat("results store ", path_, " has no run yet"));
    }
    return absl::NotFoundError(
        absl::StrCat("no run \"", id, "\" in results store ", path_, "; `weir list` shows all"));
  }

  std::vector<std::string> Latest() const {
    return Ids("SELECT id FROM runs ORDER BY started_unix_ns DESC, id DESC LIMIT 1", "");
  }

  // A run whose id is the prefix itself comes first.
  std::vector<std::string> WithPrefix(const std::string& prefix) const {
    return Ids("SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 4",
               prefix);
  }

  std::vector<std::string> Ids(const char* query, const std::string& parameter) const {
    SQLite::Statement rows(database_, query);
    if (rows.getBindParameterCount() > 0) rows.bind(1, parameter);
    std::vector<std::string> ids;
    while (rows.executeStep()) ids.push_back(rows.getColumn(0).getString());
    return ids;
  }

  const std::string path_;
  // SQLiteCpp wants a mutable handle even to read.
  mutable SQLite::Database database_;

  // The operations of each leg of one run, as of a version of the file.
  mutable std::string bounds_of_;
  mutable int bounds_version_ = 0;
  mutable std::vector<int> operations_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ResultsStore>> OpenResultsStore(const std::string& path) {
  WEIR_RETURN_IF_ERROR(CreateFolderOf(path));
  try {
    auto store = std::make_unique<SqliteResultsStore>(path);
    WEIR_RETURN_IF_ERROR(store->Open());
    return store;
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, path);
  }
}

}  // namespace weir
