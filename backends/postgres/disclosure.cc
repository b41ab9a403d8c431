#include "backends/postgres/disclosure.h"

#include <libpq-fe.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr const char* kAlwaysStated[] = {"fsync",
                                         "full_page_writes",
                                         "wal_level",
                                         "wal_compression",
                                         "shared_buffers",
                                         "max_wal_size",
                                         "checkpoint_timeout",
                                         "checkpoint_completion_target",
                                         "max_connections",
                                         "work_mem",
                                         "effective_cache_size",
                                         "autovacuum"};

// Everything else that somebody set. Not: what the session itself sets, where files lie and how
// logs read, which has no bearing on speed; nor settings that may hold a password or a command.
constexpr const char* kChangedSettings = R"(
  SELECT name, current_setting(name) FROM pg_settings
  WHERE source NOT IN ('default', 'override', 'client', 'session')
    AND name !~ '^(log_|lc_|ssl_|archive_|restore_|recovery_|krb_|syslog_)'
    AND name !~ '(_file|_directory|_directories|_command|conninfo)$'
    AND name NOT IN ('listen_addresses', 'port', 'TimeZone', 'DateStyle', 'cluster_name',
                     'default_text_search_config', 'application_name', 'client_encoding')
    AND name <> ALL (string_to_array($1, ','))
  ORDER BY name)";

// Everything that is not the default, whoever set it: what may hold a password, a command or a
// path is named without its value.
constexpr const char* kAllChanged = R"(
  SELECT 'settings that are not the default', coalesce(string_agg(
      name || ' = ' || CASE
        WHEN name ~ '(_file|_directory|_directories|_command|conninfo|passphrase)$'
        THEN '(withheld)' ELSE current_setting(name) END, '; ' ORDER BY name), 'none')
  FROM pg_settings WHERE source NOT IN ('default', 'override'))";

// As CREATE TABLE would have it.
constexpr const char* kTableDefinition = R"(
  SELECT 'table definition', format('CREATE TABLE %I (%s)', c.relname, concat_ws(', ',
      (SELECT string_agg(format('%I %s%s', attname, format_type(atttypid, atttypmod),
                                CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END),
                         ', ' ORDER BY attnum)
       FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
      (SELECT string_agg(pg_get_constraintdef(oid), ', ' ORDER BY conname)
       FROM pg_constraint WHERE conrelid = c.oid)))
  FROM pg_class c WHERE c.oid = to_regclass($1))";

constexpr int kRoundTrips = 10;

// The least of several empty statements: network and protocol, with next to no work.
std::string RoundTrip(pqxx::nontransaction& work) {
  int64_t least_ns = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < kRoundTrips; ++i) {
    const int64_t before_ns = MonotonicNs();
    work.exec("");
    least_ns = std::min(least_ns, MonotonicNs() - before_ns);
  }
  return absl::StrFormat("%.3f ms, the least of %d empty statements",
                         static_cast<double>(least_ns) / 1e6, kRoundTrips);
}

class Facts {
 public:
  Facts(pqxx::nontransaction& work, Disclosure* disclosure)
      : work_(work), disclosure_(disclosure) {}

  void Add(std::string name, std::string value) {
    disclosure_->facts.push_back({"PostgreSQL", std::move(name), std::move(value)});
  }
  void AddSetting(const std::string& name) {
    const auto rows = work_.exec_params("SELECT current_setting($1, true)", name);
    if (!rows.empty() && !rows[0][0].is_null()) Add(name, rows[0][0].c_str());
  }
  // Rows of (name, value).
  void AddRows(const pqxx::result& rows) {
    for (const auto& row : rows) Add(row[0].c_str(), row[1].is_null() ? "none" : row[1].c_str());
  }

 private:
  pqxx::nontransaction& work_;
  Disclosure* disclosure_;
};

void AddTable(pqxx::nontransaction& work, const std::string& table, Facts* facts) {
  facts->AddRows(work.exec_params(
      "SELECT key, value FROM pg_class, LATERAL (VALUES "
      "  ('table', relname::text),"
      "  ('table persistence', CASE relpersistence WHEN 'u' THEN 'unlogged: lost in a crash'"
      "                                            ELSE 'logged' END),"
      "  ('table options', coalesce(array_to_string(reloptions, ', '), 'none')),"
      "  ('table size with indexes', pg_size_pretty(pg_total_relation_size(oid)))"
      ") AS facts (key, value) WHERE oid = to_regclass($1)",
      absl::StrCat("\"", table, "\"")));
  facts->AddRows(work.exec_params(kTableDefinition, absl::StrCat("\"", table, "\"")));
  facts->AddRows(
      work.exec_params("SELECT 'index ' || indexname, indexdef FROM pg_indexes "
                       "WHERE tablename = $1 AND schemaname = current_schema() ORDER BY indexname",
                       table));
}

}  // namespace

std::string SynchronousCommitName(v1::SynchronousCommit value) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::SynchronousCommit_Name(value), "SYNCHRONOUS_COMMIT_"));
}

void DisclosePostgres(pqxx::connection& connection, const v1::PostgresTarget& target,
                      Disclosure* disclosure) {
  pqxx::nontransaction work(connection);
  Facts facts(work, disclosure);
  facts.AddSetting("server_version");
  facts.Add("server",
            absl::StrCat(target.host(), ":", target.port(), ", database ", target.database()));
  facts.Add("client", absl::StrCat("connections opened by libpq ", PQlibVersion(),
                                   ", messages of Weir's own"));
  facts.AddRows(
      work.exec("SELECT 'tls', CASE WHEN ssl THEN version || ', ' || cipher ELSE 'off' END "
                "FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
  facts.Add("synchronous_commit",
            SynchronousCommitName(target.synchronous_commit()) + " (set by every session)");
  std::string stated = "synchronous_commit";
  for (const char* name : kAlwaysStated) {
    facts.AddSetting(name);
    absl::StrAppend(&stated, ",", name);
  }
  facts.AddRows(work.exec_params(kChangedSettings, stated));
  facts.AddRows(work.exec(kAllChanged));
  facts.Add("round trip", RoundTrip(work));
  facts.Add("statements", target.prepared() ? "prepared" : "not prepared");
  facts.Add("pipeline depth", absl::StrCat(target.pipeline_depth()));
  facts.Add("batches",
            target.batch_insert() == v1::BATCH_INSERT_COPY ? "COPY BINARY" : "multi-row INSERT");
  facts.Add("indexes made", target.index_build() == v1::INDEX_BUILD_AFTER_LOAD
                                ? "after the load, outside its time"
                                : "with the table, before the load");
  facts.Add("effect once",
            "a row per batch of inserts in the batch's transaction; single inserts: ON CONFLICT DO "
            "NOTHING, only where an earlier attempt's effect is unknown");
  AddTable(work, target.table(), &facts);
}

}  // namespace weir
