#include "backends/postgres/postgres_backend.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "backends/postgres/connection.h"
#include "backends/postgres/postgres_dialect.h"
#include "backends/sql/query_sql.h"
#include "tests/backends/postgres/postgres_server.h"
#include "tests/support/brute_force.h"
#include "tests/support/program.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const SampleRecords& Records() {
  static const SampleRecords records;
  return records;
}

std::unique_ptr<Backend> Make(const v1::PostgresTarget& target) {
  auto backend = MakePostgresBackend(target, Records());
  EXPECT_TRUE(backend.ok()) << backend.status();
  return *std::move(backend);
}

void Insert(Backend& backend, uint32_t records = 1) {
  SessionDriver driver;
  const auto session = backend.OpenSession(driver.loop(), driver);
  ASSERT_TRUE(session.ok()) << session.status();
  Operation insert;
  insert.kind = OperationKind::kInsert;
  insert.records = records;
  EXPECT_EQ(driver.Run(**session, insert).outcome.verdict, Verdict::kOk);
}

void ExpectRefusal(const v1::PostgresTarget& target, absl::StatusCode code, const char* words) {
  const auto backend = Make(target);
  SessionDriver driver;
  for (const absl::Status& status :
       {backend->SetUp(true), backend->OpenSession(driver.loop(), driver).status(),
        backend->Scan([](const Record&) {})}) {
    EXPECT_EQ(status.code(), code) << status;
    const std::string message(status.message());
    EXPECT_THAT(message, AllOf(HasSubstr(words), HasSubstr("127.0.0.1:"), HasSubstr("user "),
                               Not(HasSubstr("\n"))));
    EXPECT_THAT(message, Not(HasSubstr("wrong horse")));
  }
}

TEST(PostgresBackend, WrongPasswordIsUnauthenticated) {
  v1::PostgresTarget target = ServerTarget();
  setenv("WEIR_TEST_WRONG", "wrong horse", 1);
  target.mutable_password()->set_env("WEIR_TEST_WRONG");
  ExpectRefusal(target, absl::StatusCode::kUnauthenticated, "password authentication failed");
}

TEST(PostgresBackend, MissingDatabaseIsNotFound) {
  v1::PostgresTarget target = ServerTarget();
  target.set_database("nowhere");
  ExpectRefusal(target, absl::StatusCode::kNotFound, "database \"nowhere\" does not exist");
}

TEST(PostgresBackend, ClosedPortIsUnavailable) {
  v1::PostgresTarget target = ServerTarget();
  target.set_port(1);
  ExpectRefusal(target, absl::StatusCode::kUnavailable, "Connection refused");
}

TEST(PostgresBackend, SilentServerIsUnavailableAfterTheConnectTimeout) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  v1::PostgresTarget target = ServerTarget();
  target.set_port(ntohs(address.sin_port));
  target.mutable_connect_timeout()->set_ns(200'000'000);
  ExpectRefusal(target, absl::StatusCode::kUnavailable, "no answer within 200 ms");
  close(listener);
}

TEST(PostgresBackend, RoleWithoutRightsIsPermissionDenied) {
  Sql sql;
  sql("DROP ROLE IF EXISTS guest");
  sql(absl::StrCat("CREATE ROLE guest LOGIN PASSWORD '", kServerPassword, "'"));
  v1::PostgresTarget target = ServerTarget();
  target.set_user("guest");
  const absl::Status status = Make(target)->SetUp(true);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
}

TEST(PostgresBackend, TableOfAnotherDatasetIsInvalid) {
  Sql sql;
  sql("DROP TABLE IF EXISTS weir_records");
  sql("CREATE TABLE weir_records (id text PRIMARY KEY, colour text)");
  const auto backend = Make(ServerTarget());
  const absl::Status status = backend->SetUp(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("region"));
  EXPECT_TRUE(backend->SetUp(true).ok());
}

TEST(PostgresBackend, ManyAgentsMaySetUpAtOnce) {
  Sql()("DROP TABLE IF EXISTS weir_records");
  std::vector<std::thread> agents;
  agents.reserve(6);
  std::vector<absl::Status> statuses(6);
  for (absl::Status& status : statuses) {
    agents.emplace_back([&status] { status = Make(ServerTarget())->SetUp(false); });
  }
  for (std::thread& agent : agents) agent.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
}

TEST(PostgresBackend, SettingsOfTheTargetTakeEffect) {
  v1::PostgresTarget target = ServerTarget();
  target.set_unlogged(true);
  target.set_fillfactor(70);
  target.set_synchronous_commit(v1::SYNCHRONOUS_COMMIT_OFF);
  target.set_indexes(v1::INDEX_SET_ALL);
  const auto backend = Make(target);
  ASSERT_TRUE(backend->SetUp(true).ok());
  Sql sql;
  EXPECT_EQ(sql("SELECT relpersistence::text || array_to_string(reloptions, ',') FROM pg_class "
                "WHERE relname = 'weir_records'"),
            "ufillfactor=70");
  EXPECT_EQ(sql("SELECT count(*) FROM pg_indexes WHERE tablename = 'weir_records'"),
            absl::StrCat(Records().schema().fields.size()));
  // What a session's own writes see.
  sql("CREATE TABLE IF NOT EXISTS seen (setting text)");
  sql("CREATE OR REPLACE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$");
  sql("CREATE TRIGGER see BEFORE INSERT ON weir_records FOR EACH ROW EXECUTE FUNCTION see()");
  Insert(*backend);
  EXPECT_EQ(sql("SELECT string_agg(setting, ',') FROM seen"), "off");
  sql("DROP TABLE weir_records; DROP FUNCTION see; DROP TABLE seen");
}

TEST(PostgresBackend, DisclosesDurabilityTableAndChangedSettings) {
  v1::PostgresTarget target = ServerTarget();
  target.set_unlogged(true);
  target.set_fillfactor(80);
  target.set_synchronous_commit(v1::SYNCHRONOUS_COMMIT_REMOTE_WRITE);
  const auto backend = Make(target);
  ASSERT_TRUE(backend->SetUp(true).ok());
  const auto disclosure = backend->Disclose();
  ASSERT_TRUE(disclosure.ok()) << disclosure.status();
  const auto has = [&](const char* name, const auto& value) {
    EXPECT_THAT(disclosure->facts, Contains(AllOf(Field(&DisclosedFact::name, name),
                                                  Field(&DisclosedFact::value, value))));
  };
  has("server_version", StartsWith("15."));
  has("fsync", std::string("off"));
  has("max_connections", std::string("50"));
  has("synchronous_commit", StartsWith("remote_write"));
  has("full_page_writes", std::string("on"));
  has("table persistence", StartsWith("unlogged"));
  has("table options", std::string("fillfactor=80"));
  has("tls", std::string("off"));
  has("index weir_records_pkey", HasSubstr("CREATE UNIQUE INDEX"));
  has("table definition", AllOf(StartsWith("CREATE TABLE weir_records ("), HasSubstr("NOT NULL"),
                                HasSubstr("PRIMARY KEY")));
  has("settings that are not the default",
      AllOf(HasSubstr("fsync = off"), HasSubstr("max_connections = 50"),
            Not(HasSubstr("directory = /"))));
  has("round trip", HasSubstr(" ms, the least of 10 empty statements"));
  EXPECT_EQ(disclosure->provisioned_ru, 0u);
}

TEST(PostgresBackend, GroupedQueriesAnswerWhatBruteForceAnswers) {
  constexpr uint32_t kRecords = 700;
  const auto backend = Make(ServerTarget());
  ASSERT_TRUE(backend->SetUp(true).ok());
  Insert(*backend, kRecords);
  const SqlTable table{Records().schema(), "weir_records", PostgresDialect()};
  const QuerySpec& slowest = *Records().schema().FindQuery("slowest_users");
  const QuerySpec& minutes = *Records().schema().FindQuery("count_by_user_per_minute");
  Sql sql;
  Record near;
  for (const uint64_t from : {0u, 350u, 690u}) {
    Records().Make(from, 0, &near);
    const Value parameters[] = {near[SampleRecords::kTime]};
    const std::string time = sql(
        absl::StrCat("SELECT timestamptz '1970-01-01 00:00:00+00' + interval '1 microsecond' * ",
                     near[SampleRecords::kTime].integer()));
    EXPECT_EQ(sql.Rows(QuerySql(table, slowest), {time.c_str()}),
              BruteForceGroups(Records(), 0, kRecords, slowest, parameters));
  }
  const Value parameters[] = {Value::Text("us-east")};
  EXPECT_EQ(sql.Rows(absl::StrCat("SELECT u, (extract(epoch FROM m) * 1000000)::bigint, n FROM (",
                                  QuerySql(table, minutes), ") AS answer (u, m, n)"),
                     {"us-east"}),
            BruteForceGroups(Records(), 0, kRecords, minutes, parameters));
}

TEST(PostgresBackend, SettlingLeavesStatistics) {
  const auto backend = Make(ServerTarget());
  ASSERT_TRUE(backend->SetUp(true).ok());
  Sql sql;
  EXPECT_EQ(sql("SELECT count(*) FROM pg_stats WHERE tablename = 'weir_records'"), "0");
  Insert(*backend);
  ASSERT_TRUE(backend->Settle().ok());
  EXPECT_NE(sql("SELECT count(*) FROM pg_stats WHERE tablename = 'weir_records'"), "0");
}

TEST(PostgresBackend, IndexesMayBeMadeAfterTheLoad) {
  v1::PostgresTarget target = ServerTarget();
  target.set_index_build(v1::INDEX_BUILD_AFTER_LOAD);
  const auto backend = Make(target);
  ASSERT_TRUE(backend->SetUp(true).ok());
  Sql sql;
  const char* const count = "SELECT count(*) FROM pg_indexes WHERE tablename = 'weir_records'";
  EXPECT_EQ(sql(count), "0");
  Insert(*backend, 100);
  EXPECT_EQ(sql(count), "0");
  for (int times = 0; times < 2; ++times) {  // each drive settles anew
    const auto settled = backend->Settle();
    ASSERT_TRUE(settled.ok()) << settled.status();
  }
  EXPECT_EQ(sql(count), absl::StrCat(1 + Records().schema().indexes.size()));
  EXPECT_EQ(sql("SELECT count(*) FROM pg_index WHERE indrelid = 'weir_records'::regclass "
                "AND indisprimary"),
            "1");
}

// A self-signed certificate for 127.0.0.1, which the server's user may read; false without openssl.
bool MakeCertificate(const std::string& directory) {
  const std::string files =
      absl::StrCat("-keyout ", directory, "/server.key -out ", directory, "/server.crt");
  const std::string make = absl::StrCat(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=weir.test -addext subjectAltName=IP:127.0.0.1 ",
      files, " 2>/dev/null && chmod 600 ", directory,
      "/server.key && chown --reference=", directory, " ", directory, "/server.key ", directory,
      "/server.crt");
  return std::system(make.c_str()) == 0;
}

TEST(PostgresBackend, TlsIsUsedVerifiedAndDisclosed) {
  const std::string directory = Server().socket_directory();
  if (!MakeCertificate(directory)) GTEST_SKIP() << "no openssl program";
  Sql sql;
  sql(absl::StrCat("ALTER SYSTEM SET ssl_cert_file = '", directory, "/server.crt'"));
  sql(absl::StrCat("ALTER SYSTEM SET ssl_key_file = '", directory, "/server.key'"));
  sql("ALTER SYSTEM SET ssl = on");
  Server().Kill();
  Server().Start();
  v1::PostgresTarget target = ServerTarget();
  target.set_tls(v1::TLS_MODE_VERIFY_FULL);
  target.set_tls_root_certificate(directory + "/server.crt");
  const auto backend = Make(target);
  ASSERT_TRUE(backend->SetUp(true).ok());
  // More than fits into a record of TLS, or into the socket, in one go.
  constexpr uint32_t kRecords = 30'000;
  Insert(*backend, kRecords);
  EXPECT_EQ(Sql()("SELECT count(*) FROM weir_records"), absl::StrCat(kRecords));
  const auto disclosure = backend->Disclose();
  ASSERT_TRUE(disclosure.ok());
  EXPECT_THAT(disclosure->facts,
              Contains(AllOf(Field(&DisclosedFact::name, "tls"),
                             Field(&DisclosedFact::value, StartsWith("TLSv1")))));
  // A certificate of somebody else is refused.
  target.set_host("localhost");
  const absl::Status refused = Make(target)->SetUp(false);
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.message()), HasSubstr("certificate"));
}

TEST(PostgresFirstLine, IsAboutTheLastAddressTried) {
  EXPECT_EQ(FirstLine("connection to server at \"h\" (::1), port 5 failed: Connection refused\n"
                      "\tIs the server running?\n"
                      "connection to server at \"h\" (127.0.0.1), port 5 failed: SSL error\n"),
            "SSL error");
  EXPECT_EQ(FirstLine("ERROR:  no\nDETAIL:  never"), "ERROR:  no");
}

// R55. The replica is a client that streams the log, as a standby does.
TEST(PostgresBackend, SurveyTellsOfReplicasWhenOtherProgramsAreAtWorkToo) {
  const auto backend = Make(ServerTarget());
  const auto others = [&] { return backend->Survey()->others; };
  Sql colleague;
  colleague("SELECT 1");  // alone: nobody's replica would feel it
  EXPECT_EQ(others(), "");
  const std::string log = testing::TempDir() + "/weir-replica-" + std::to_string(getpid());
  std::filesystem::create_directories(log);
  Program replica({"/usr/bin/pg_receivewal", "-h", "127.0.0.1", "-p",
                   std::to_string(Server().port()), "-U", "postgres", "-D", log, "--no-loop"},
                  {std::string("PGPASSWORD=") + kServerPassword});
  const auto streams = [&] {
    return colleague("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1";
  };
  for (int i = 0; i < 500 && !streams(); ++i) usleep(20'000);
  ASSERT_TRUE(streams()) << replica.Output();
  EXPECT_THAT(others(), HasSubstr("its server has 1 replica, and "));
  EXPECT_THAT(others(), HasSubstr("of other programs worked in the database"));
  std::filesystem::remove_all(log);
}

}  // namespace
}  // namespace weir
