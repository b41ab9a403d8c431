#include "backends/postgres/postgres_backend.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "backends/postgres/batch_guard.h"
#include "backends/postgres/connection.h"
#include "backends/postgres/copy_binary.h"
#include "backends/postgres/disclosure.h"
#include "backends/postgres/local_server.h"
#include "backends/postgres/postgres_dialect.h"
#include "backends/postgres/postgres_observer.h"
#include "backends/postgres/postgres_session.h"
#include "backends/postgres/sqlstate.h"
#include "backends/sql/table_sql.h"
#include "base/loopback.h"
#include "base/status.h"

namespace weir {
namespace {

// Agents set up the same table at the same time: one after the other, by this advisory lock.
constexpr const char* kLockSetUp = "SELECT pg_advisory_xact_lock(hashtext('weir set-up ' || $1))";
constexpr const char* kLockTimeout = "SET LOCAL lock_timeout = '10s'";

struct FreeCopyBuffer {
  void operator()(char* buffer) const { PQfreemem(buffer); }
};

std::vector<std::vector<int>> Indexes(const RecordSchema& schema, v1::IndexSet set) {
  if (set == v1::INDEX_SET_NONE) return {};
  if (set == v1::INDEX_SET_QUERIED) return schema.indexes;
  std::vector<std::vector<int>> indexes;
  for (int field = 0; field < static_cast<int>(schema.fields.size()); ++field) {
    if (field != schema.id_field) indexes.push_back({field});
  }
  return indexes;
}

// By which a table is known to be ours, and may be dropped.
constexpr const char* kMark = "made by weir";
constexpr const char* kConsent = "weir_consent";

int64_t RandomWriter() {
  std::random_device device;
  return static_cast<int64_t>(uint64_t{device()} << 32 | device());
}

// libpqxx 6 leaves the code out of some of the exceptions that it has a class for.
std::string SqlStateOf(const pqxx::sql_error& refusal) {
  if (!refusal.sqlstate().empty()) return refusal.sqlstate();
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&refusal) != nullptr) return "42501";
  if (dynamic_cast<const pqxx::undefined_table*>(&refusal) != nullptr) return "42P01";
  if (dynamic_cast<const pqxx::undefined_column*>(&refusal) != nullptr) return "42703";
  return "XX000";
}

class PostgresBackend final : public Backend {
 public:
  PostgresBackend(v1::PostgresTarget target, ConnectionOptions options, const RecordSource& records)
      : target_(std::move(target)),
        records_(records),
        guard_(target_.table(), RandomWriter()),
        table_{records.schema(), target_.table(), PostgresDialect()} {
    session_settings_.connection = std::move(options);
    session_settings_.guard = &guard_;
    session_settings_.set_up = {absl::StrCat("SET synchronous_commit TO ",
                                             SynchronousCommitName(target_.synchronous_commit()))};
    session_settings_.prepared = target_.prepared();
    session_settings_.copy = target_.batch_insert() == v1::BATCH_INSERT_COPY;
    session_settings_.depth = static_cast<int>(std::max(target_.pipeline_depth(), 1u));
  }

  absl::Status SetUp(bool create) override {
    // First by libpq alone: it can tell a wrong password from a missing database.
    WEIR_RETURN_IF_ERROR(ConnectBlocking(session_settings_.connection).status());
    return WithPqxx("setting up", [&](pqxx::connection& connection) {
      WEIR_RETURN_IF_ERROR(CreateTable(connection, create));
      CheckColumns(connection);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<Standing> Survey() override {
    Standing standing;
    standing.place = absl::StrCat("table ", table_.name, " of postgres at ", place());
    WEIR_ASSIGN_OR_RETURN(const ConnectionPtr connected,
                          ConnectBlocking(session_settings_.connection));
    // What the environment of libpq may have made of the host counts as well.
    const char* address = PQhostaddr(connected.get());
    standing.on_this_machine =
        IsLoopback(target_.host()) && (address == nullptr || IsLoopback(address));
    WEIR_RETURN_IF_ERROR(WithPqxx("looking at", [&](pqxx::connection& connection) {
      pqxx::nontransaction work(connection);
      standing.consent = Exists(work, kConsent);
      standing.exists = Exists(work, table_.name);
      standing.foreign = IsForeign(work, table_.name);
      standing.others = OthersAtWork(work);
      if (standing.exists && standing.consent && !standing.on_this_machine) {
        standing.holds = RecordsInWords(work);
      }
      return absl::OkStatus();
    }));
    return standing;
  }

  // A primary whose replicas follow, in a database that other programs work in, is somebody's
  // production whatever its name. Where the role may not see what a session does, it is at work.
  static std::string OthersAtWork(pqxx::nontransaction& work) {
    const pqxx::row row = work.exec1(
        "SELECT (SELECT count(*) FROM pg_stat_replication), count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND coalesce(backend_type, 'client backend') = 'client backend' "
        "AND coalesce(application_name, '') <> 'weir' "
        "AND (state IS NULL OR state <> 'idle' OR state_change > now() - interval '1 minute')");
    const auto replicas = row[0].as<int64_t>();
    const auto sessions = row[1].as<int64_t>();
    if (replicas == 0 || sessions == 0) return "";
    return absl::StrCat("its server has ", replicas, replicas == 1 ? " replica" : " replicas",
                        ", and ", sessions, sessions == 1 ? " session" : " sessions",
                        " of other programs worked in the database within the last minute");
  }

  absl::Status Consent() override {
    return WithPqxx("giving consent in", [&](pqxx::connection& connection) {
      pqxx::work work(connection);
      work.exec("SET LOCAL client_min_messages = warning");
      work.exec(absl::StrCat("CREATE TABLE IF NOT EXISTS ", kConsent,
                             " (granted_at timestamptz DEFAULT now(), "
                             "granted_by text DEFAULT current_user)"));
      work.exec(absl::StrCat("INSERT INTO ", kConsent, " SELECT WHERE NOT EXISTS (SELECT FROM ",
                             kConsent, ")"));
      work.commit();
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::vector<std::string>> Settle() override {
    std::vector<std::string> left_out;
    WEIR_RETURN_IF_ERROR(WithPqxx("settling", [&](pqxx::connection& connection) {
      pqxx::nontransaction work(connection);
      if (IndexesComeLater()) CreateMissingIndexes(work);
      work.exec(absl::StrCat("ANALYZE ", Quoted(table_.name)));
      try {
        work.exec("CHECKPOINT");
      } catch (const pqxx::insufficient_privilege&) {
        left_out.push_back(absl::StrCat("no CHECKPOINT before the start: role ", target_.user(),
                                        " may not (pg_checkpoint, or a superuser, may)"));
      }
      return absl::OkStatus();
    }));
    return left_out;
  }

  absl::StatusOr<std::unique_ptr<Session>> OpenSession(EventLoop& loop,
                                                       CompletionSink& sink) override {
    auto session =
        std::make_unique<PostgresSession>(session_settings_, table_, records_, loop, sink);
    WEIR_RETURN_IF_ERROR(session->OpenBlocking());
    return session;
  }

  absl::StatusOr<Disclosure> Disclose() override {
    Disclosure disclosure;
    WEIR_RETURN_IF_ERROR(WithPqxx("asking for settings", [&](pqxx::connection& connection) {
      DisclosePostgres(connection, target_, &disclosure);
      return absl::OkStatus();
    }));
    return disclosure;
  }

  absl::StatusOr<std::unique_ptr<Observer>> Observe() override {
    return ObservePostgres(session_settings_.connection, table_.name);
  }

  absl::StatusOr<uint64_t> StoredBytes() override {
    uint64_t bytes = 0;
    WEIR_RETURN_IF_ERROR(WithPqxx("measuring", [&](pqxx::connection& connection) {
      pqxx::nontransaction work(connection);
      work.exec("SET statement_timeout TO '2s'");
      work.exec("SET lock_timeout TO '1s'");
      const std::string size =
          absl::StrCat("SELECT pg_total_relation_size(", work.quote(Quoted(table_.name)), ")");
      bytes = work.exec1(size)[0].as<uint64_t>();
      return absl::OkStatus();
    }));
    return bytes;
  }

  ServerLocation Location() override {
    ServerLocation location{target_.host(), static_cast<uint16_t>(target_.port())};
    if (!IsThisMachine(location.host)) return location;
    const auto connection = ConnectBlocking(session_settings_.connection);
    if (connection.ok()) location.process = PostmasterOf(PQbackendPID(connection->get()));
    return location;
  }

  // By libpq, for the exact and fast binary format; one message at a time, so that memory is
  // bounded.
  absl::Status Scan(absl::FunctionRef<void(const Record&)> visit) override {
    WEIR_ASSIGN_OR_RETURN(const ConnectionPtr connection,
                          ConnectBlocking(session_settings_.connection));
    const std::string copy =
        absl::StrCat("COPY (", SelectAllSql(table_), ") TO STDOUT (FORMAT binary)");
    const ResultPtr begun(PQexec(connection.get(), copy.c_str()));
    if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) return Refused("reading back", begun.get());
    return Annotate(ReadCopy(connection.get(), visit),
                    absl::StrCat("reading back postgres at ", place()));
  }

 private:
  const std::string& place() const { return session_settings_.connection.place; }

  static bool Exists(pqxx::transaction_base& work, const std::string& table) {
    return work.exec_params1("SELECT to_regclass($1) IS NOT NULL", Quoted(table))[0].as<bool>();
  }

  // Counted as far as that is soon done, then as the planner estimates.
  std::string RecordsInWords(pqxx::transaction_base& work) const {
    constexpr int64_t kMostCounted = 100'000;
    const auto counted =
        work.exec1(absl::StrCat("SELECT count(*) FROM (SELECT FROM ", Quoted(table_.name),
                                " LIMIT ", kMostCounted + 1, ") AS first"))[0]
            .as<int64_t>();
    if (counted == 0) return "";
    if (counted <= kMostCounted) {
      return absl::StrCat(counted, counted == 1 ? " record" : " records");
    }
    const auto estimate =
        work.exec_params1("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass($1)",
                          Quoted(table_.name))[0]
            .as<int64_t>();
    return estimate > kMostCounted ? absl::StrCat("about ", estimate, " records")
                                   : absl::StrCat("more than ", kMostCounted, " records");
  }

  static bool IsForeign(pqxx::transaction_base& work, const std::string& table) {
    if (!Exists(work, table)) return false;
    const bool marked =
        work.exec_params1(
                "SELECT coalesce(obj_description(to_regclass($1), 'pg_class') = $2, false)",
                Quoted(table), kMark)[0]
            .as<bool>();
    if (marked) return false;
    return work.exec1(absl::StrCat("SELECT EXISTS (SELECT FROM ", Quoted(table), ")"))[0]
        .as<bool>();
  }

  static void Mark(pqxx::transaction_base& work, const std::string& table) {
    work.exec(absl::StrCat("COMMENT ON TABLE ", Quoted(table), " IS '", kMark, "'"));
  }

  absl::Status CreateTable(pqxx::connection& connection, bool create) const {
    pqxx::work work(connection);
    work.exec("SET LOCAL client_min_messages = warning");
    work.exec(kLockTimeout);
    work.exec_params(kLockSetUp, table_.name);
    for (const std::string& table : {table_.name, guard_.table_name()}) {
      if (create && IsForeign(work, table)) {
        return WontDrop({.place = absl::StrCat("table ", table)});
      }
    }
    if (create) work.exec(absl::StrCat("DROP TABLE IF EXISTS ", Quoted(table_.name)));
    if (create) work.exec(guard_.DropSql());
    const bool our_guard = !Exists(work, guard_.table_name());
    work.exec(guard_.CreateSql(target_.unlogged()));
    if (our_guard) Mark(work, guard_.table_name());
    const bool ours = !Exists(work, table_.name);
    const std::string fillfactor =
        target_.fillfactor() == 0 ? ""
                                  : absl::StrCat(" WITH (fillfactor = ", target_.fillfactor(), ")");
    work.exec(CreateTableSql(table_, target_.unlogged() ? "UNLOGGED TABLE" : "TABLE", fillfactor,
                             IndexesComeLater() ? PrimaryKey::kLater : PrimaryKey::kWithTable));
    if (!IndexesComeLater()) CreateIndexes(work);
    if (ours) Mark(work, table_.name);
    work.commit();
    return absl::OkStatus();
  }

  bool IndexesComeLater() const { return target_.index_build() == v1::INDEX_BUILD_AFTER_LOAD; }

  void CreateIndexes(pqxx::transaction_base& work) const {
    for (const std::string& index :
         CreateIndexSql(table_, Indexes(table_.schema, target_.indexes()))) {
      work.exec(index);
    }
  }

  void CreateMissingIndexes(pqxx::transaction_base& work) const {
    const bool keyed =
        work.exec_params1(
                "SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = to_regclass($1) AND "
                "indisprimary)",
                Quoted(table_.name))[0]
            .as<bool>();
    if (!keyed) work.exec(AddPrimaryKeySql(table_));
    CreateIndexes(work);
  }

  // A table of another dataset has other columns, which the first operation would trip over.
  void CheckColumns(pqxx::connection& connection) const {
    pqxx::nontransaction(connection).exec(SelectAllSql(table_) + " LIMIT 0");
  }

  template <typename Code>
  absl::Status WithPqxx(const char* doing, Code code) const {
    const std::string context = absl::StrCat(doing, " postgres at ", place());
    try {
      pqxx::connection connection(session_settings_.connection.ToConnectionString());
      return Annotate(code(connection), context);
    } catch (const pqxx::broken_connection& broken) {
      return absl::UnavailableError(absl::StrCat(context, ": ", FirstLine(broken.what())));
    } catch (const pqxx::sql_error& refusal) {
      const std::string sqlstate = SqlStateOf(refusal);
      return {StatusCodeOfSqlState(sqlstate),
              absl::StrCat(context, ": ", sqlstate, ": ",
                           absl::StripPrefix(FirstLine(refusal.what()), "ERROR:  "))};
    } catch (const std::exception& failure) {
      return absl::InternalError(absl::StrCat(context, ": ", FirstLine(failure.what())));
    }
  }

  absl::Status Refused(const char* doing, PGresult* result) const {
    const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return {StatusCodeOfSqlState(code == nullptr ? "" : code),
            absl::StrCat(doing, " postgres at ", place(), ": ",
                         FirstLine(PQresultErrorMessage(result)))};
  }

  absl::Status ReadCopy(PGconn* connection, absl::FunctionRef<void(const Record&)> visit) const {
    for (;;) {
      char* buffer = nullptr;
      const int bytes = PQgetCopyData(connection, &buffer, 0);
      const std::unique_ptr<char, FreeCopyBuffer> owned(buffer);
      if (bytes < 0) break;
      WEIR_RETURN_IF_ERROR(
          DecodeCopyMessage(table_.schema, {buffer, static_cast<size_t>(bytes)}, visit));
    }
    const ResultPtr ended(PQgetResult(connection));
    if (PQresultStatus(ended.get()) == PGRES_COMMAND_OK) return absl::OkStatus();
    return absl::UnavailableError(FirstLine(PQresultErrorMessage(ended.get())));
  }

  const v1::PostgresTarget target_;
  const RecordSource& records_;
  const BatchGuard guard_;
  const SqlTable table_;
  SessionSettings session_settings_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakePostgresBackend(const v1::PostgresTarget& target,
                                                             const RecordSource& records) {
  WEIR_ASSIGN_OR_RETURN(ConnectionOptions options, MakeConnectionOptions(target));
  return std::make_unique<PostgresBackend>(target, std::move(options), records);
}

}  // namespace weir
