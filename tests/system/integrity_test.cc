// What became of writes, with the real programs and databases: verification finds every single
// loss, dead letters are delivered, and the guard lets nothing be written without consent.
#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "backends/api/record_digest.h"
#include "backends/catalog.h"
#include "backends/cosmos/emulator/emulator.h"
#include "coordinator/campaign_reader.h"
#include "coordinator/cli/exit_code.h"
#include "generators/dataset.h"
#include "reports/results_store.h"
#include "tests/support/elsewhere.h"
#include "tests/support/program.h"
#include "tests/support/session_driver.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr char kCampaign[] = R"(
name: integrity
seed: 5
dataset: {records: 2000, logs: {services: 16}}
targets:
  - name: target
    $TARGET
scenarios:
  - name: mixed
    phases: {load: {batch: 100, sessions: 4}, measure: 2s}
    shape: {open: {rate: $RATE/s, arrivals: constant, sessions: 8}}
    operations:
      - {do: insert, weight: 3}
      - {do: insert, weight: 1, batch: 5, name: batches}
      - {do: replace, weight: 3}
      - {do: upsert, weight: 1}
      - {do: delete, weight: 1}
      - {do: read, weight: 2}
    timeout: 2s
    retry: {attempts: $ATTEMPTS}
)";

class IntegrityTest : public testing::Test {
 protected:
  IntegrityTest() {
    setenv("INTEGRITY_TEST_KEY", std::string(cosmos::kWellKnownEmulatorKey).c_str(), 1);
    folder_ = absl::StrCat(testing::TempDir(), "/weir-integrity-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~IntegrityTest() override { std::filesystem::remove_all(folder_); }

  void Use(const std::string& target, int rate = 200, int attempts = 5) {
    const std::string text =
        absl::StrReplaceAll(kCampaign, {{"$TARGET", target},
                                        {"$RATE", absl::StrCat(rate)},
                                        {"$ATTEMPTS", absl::StrCat(attempts)}});
    std::ofstream(folder_ + "/campaign.yaml") << text;
    const CampaignReading reading = ReadCampaignText(text, "campaign.yaml", {});
    ASSERT_TRUE(reading.problems.empty());
    campaign_ = reading.campaign;
    auto dataset = MakeDataset(campaign_.dataset(), campaign_.seed());
    ASSERT_TRUE(dataset.ok()) << dataset.status();
    dataset_ = *std::move(dataset);
    auto backend = MakeBackend(campaign_.targets(0), *dataset_);
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
  }

  ProgramEnd Weir(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {WEIR_PROGRAM, "--store", folder_ + "/results.db"});
    return RunProgram(arguments, {}, 90s);
  }
  std::vector<std::string> RunArguments() const {
    return {WEIR_PROGRAM,
            "--store",
            folder_ + "/results.db",
            "run",
            folder_ + "/campaign.yaml",
            "--quiet",
            "--agents",
            "2",
            "--override-gates"};
  }
  ProgramEnd Run() const { return RunProgram(RunArguments(), {}, 90s); }

  // Until the target holds a record that the load did not write.
  bool WaitUntilDriven(const std::function<bool()>& is_there = [] { return true; }) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    bool driven = false;
    while (!driven && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(20ms);
      if (!is_there()) continue;
      (void)backend_->Scan([&](const Record& record) {  // an error while there is no table
        const uint64_t index = dataset_->IndexOf(record[dataset_->schema().id_field].text());
        driven |= index >= 2000;
      });
    }
    return driven;
  }

  // Behind Weir's back.
  Verdict Do(OperationKind kind, uint64_t record, uint64_t revision = 0) {
    SessionDriver driver;
    auto session = backend_->OpenSession(driver.loop(), driver);
    EXPECT_TRUE(session.ok()) << session.status();
    Operation operation;
    operation.kind = kind;
    operation.first_record = record;
    operation.revision = revision;
    return driver.Run(**session, operation).outcome.verdict;
  }
  std::string IdOf(uint64_t index) const {
    Record record;
    dataset_->Make(index, 0, &record);
    return std::string(record[dataset_->schema().id_field].text());
  }

  RecordDigest Stored() {
    RecordDigest digest;
    const RecordSchema& schema = dataset_->schema();
    EXPECT_TRUE(backend_->Scan([&](const Record& each) { digest.Add(schema, each); }).ok());
    return digest;
  }

  bool ForgetReplay() const {
    bool forgotten = false;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.path().filename() == "replayed") forgotten |= std::filesystem::remove(entry.path());
    }
    return forgotten;
  }

  // Records that nothing but the load has touched, by what the target holds.
  std::vector<uint64_t> Untouched() {
    std::vector<uint64_t> indices;
    Record made;
    EXPECT_TRUE(backend_
                    ->Scan([&](const Record& record) {
                      const int id = dataset_->schema().id_field;
                      const uint64_t index = dataset_->IndexOf(record[id].text());
                      if (index >= 2000) return;
                      dataset_->Make(index, 0, &made);
                      const int message = dataset_->schema().FieldIndex("message");
                      if (made[message].text() == record[message].text()) indices.push_back(index);
                    })
                    .ok());
    return indices;
  }

  void ExpectWholeThenFindWhatIsTampered() {
    const ProgramEnd run = Run();
    ASSERT_EQ(run.code, kExitValid) << run.output;
    const ProgramEnd whole = Weir({"verify", "latest"});
    EXPECT_EQ(whole.code, kExitValid) << whole.output;
    EXPECT_THAT(whole.output, HasSubstr("every acknowledged record is there once"));

    const std::vector<uint64_t> untouched = Untouched();
    ASSERT_GT(untouched.size(), 10u);
    ASSERT_EQ(Do(OperationKind::kDelete, untouched[3]), Verdict::kOk);
    ASSERT_EQ(Do(OperationKind::kReplace, untouched[5], 999'999), Verdict::kOk);
    ASSERT_EQ(Do(OperationKind::kInsert, 700'000), Verdict::kOk);
    const ProgramEnd tampered = Weir({"verify", "latest"});
    EXPECT_EQ(tampered.code, kExitNotWhole) << tampered.output;
    EXPECT_THAT(tampered.output,
                HasSubstr(absl::StrCat("missing: 1\n    id ", IdOf(untouched[3]))));
    EXPECT_THAT(tampered.output,
                HasSubstr(absl::StrCat("altered: 1\n    id ", IdOf(untouched[5]))));
    EXPECT_THAT(tampered.output,
                HasSubstr(absl::StrCat("not of this run: 1\n    id ", IdOf(700'000))));
    EXPECT_THAT(tampered.output, Not(HasSubstr("there twice")));
    // As it was.
    ASSERT_EQ(Do(OperationKind::kInsert, untouched[3]), Verdict::kOk);
    ASSERT_EQ(Do(OperationKind::kReplace, untouched[5], 0), Verdict::kOk);
    ASSERT_EQ(Do(OperationKind::kDelete, 700'000), Verdict::kOk);
    EXPECT_EQ(Weir({"verify", "latest"}).code, kExitValid);
  }

  // An agent is killed with -9 while it writes: what was acknowledged and reported is there,
  // nothing is there twice, and what it had not reported is uncertain and no more than that.
  void ExpectAKilledAgentLosesNothingThatWasAcknowledged(const std::function<bool()>& is_there =
                                                             [] { return true; }) {
    Program run(RunArguments());
    ASSERT_TRUE(WaitUntilDriven(is_there)) << run.Output();
    std::this_thread::sleep_for(1300ms);  // a second at least is reported
    const std::vector<pid_t> agents = run.Processes("weir-agent");
    ASSERT_EQ(agents.size(), 2u) << run.Output();
    kill(agents[1], SIGKILL);
    EXPECT_EQ(run.Wait(60s), kExitAgentLost) << run.Output();
    const ProgramEnd whole = Weir({"verify", "latest"});
    EXPECT_EQ(whole.code, kExitValid) << whole.output;
    EXPECT_THAT(whole.output, HasSubstr("every acknowledged record is there once"));
    EXPECT_THAT(whole.output, Not(HasSubstr(" 0 more may be"))) << "its last writes are uncertain";
  }

  // `listed`: an operation and what became of it, as the list of a run of one attempt shows it.
  void ExpectLettersAreDeliveredOnce(const std::string& listed, const std::string& run) {
    const ProgramEnd list = Weir({"deadletter", "list", "latest"});
    EXPECT_EQ(list.code, kExitValid) << list.output;
    EXPECT_THAT(list.output, HasSubstr("target  " + listed)) << run;
    EXPECT_THAT(list.output, HasSubstr(", 0 delivered since"));
    const ProgramEnd before = Weir({"verify", "latest"});
    EXPECT_EQ(before.code, kExitValid) << "what was refused is not there: " << before.output;
    const ProgramEnd replay = Weir({"deadletter", "replay", "latest"});
    EXPECT_THAT(replay.output, HasSubstr(" ok")) << replay.output;
    EXPECT_THAT(Weir({"deadletter", "list", "latest"}).output, Not(HasSubstr(", 0 delivered")));
    const ProgramEnd whole = Weir({"verify", "latest"});
    EXPECT_EQ(whole.code, kExitValid) << whole.output;
    EXPECT_THAT(Weir({"deadletter", "replay", "latest"}).output, Not(HasSubstr(" ok")))
        << "what was delivered is not sent again";
    const RecordDigest once = Stored();

    // As if the replay had died before it wrote down what it had done.
    ASSERT_TRUE(ForgetReplay());
    const ProgramEnd again = Weir({"deadletter", "replay", "latest"});
    EXPECT_THAT(again.output, HasSubstr(" ok")) << again.output;
    EXPECT_EQ(Stored(), once);
    EXPECT_EQ(Weir({"verify", "latest"}).code, kExitValid);
  }

  std::string folder_;
  v1::Campaign campaign_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<Backend> backend_;
};

TEST_F(IntegrityTest, FindsASingleByteAndACopyInPostgres) {
  const ThrowawayPostgres server;
  Use(absl::StrCat("postgres: {port: ", server.port(), "}"));
  ExpectWholeThenFindWhatIsTampered();
  const std::vector<uint64_t> untouched = Untouched();
  pqxx::connection connection(
      absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=", server.port()));
  pqxx::work work(connection);
  work.exec("ALTER TABLE weir_records DROP CONSTRAINT weir_records_pkey");
  work.exec_params("UPDATE weir_records SET message = '~' || substr(message, 2) WHERE id = $1",
                   IdOf(untouched[7]));
  work.exec_params("INSERT INTO weir_records SELECT * FROM weir_records WHERE id = $1",
                   IdOf(untouched[9]));
  work.commit();
  const ProgramEnd tampered = Weir({"verify", "latest"});
  EXPECT_EQ(tampered.code, kExitNotWhole);
  EXPECT_THAT(tampered.output, HasSubstr(absl::StrCat("altered: 1\n    id ", IdOf(untouched[7]),
                                                      " (record ", untouched[7], "): message\n")));
  EXPECT_THAT(tampered.output,
              HasSubstr(absl::StrCat("there twice: 1\n    id ", IdOf(untouched[9]))));
}

TEST_F(IntegrityTest, FindsASingleByteInSqlite) {
  Use(absl::StrCat("sqlite: {path: ", folder_, "/target.db}"));
  ExpectWholeThenFindWhatIsTampered();
  const std::vector<uint64_t> untouched = Untouched();
  SQLite::Database(folder_ + "/target.db", SQLite::OPEN_READWRITE)
      .exec(absl::StrCat("UPDATE weir_records SET message = '~' || substr(message, 2) ",
                         "WHERE id = '", IdOf(untouched[7]), "'"));
  const ProgramEnd tampered = Weir({"verify", "latest"});
  EXPECT_EQ(tampered.code, kExitNotWhole);
  EXPECT_THAT(tampered.output, HasSubstr(absl::StrCat("altered: 1\n    id ", IdOf(untouched[7]))));
}

std::string CosmosTarget(const cosmos::Emulator& emulator, int throughput,
                         const std::string& more = "") {
  return absl::StrCat("cosmos: {endpoint: \"", emulator.endpoint(),
                      "\", key: \"${env:INTEGRITY_TEST_KEY}\", throughput: ", throughput, more,
                      "}");
}

TEST_F(IntegrityTest, FindsWhatIsTamperedInCosmos) {
  const auto emulator = cosmos::Emulator::Start({});
  ASSERT_TRUE(emulator.ok()) << emulator.status();
  Use(CosmosTarget(**emulator, 40'000));
  ExpectWholeThenFindWhatIsTampered();
  ASSERT_EQ(Do(OperationKind::kDelete, Untouched()[3]), Verdict::kOk);
  const ProgramEnd sampled = Weir({"verify", "latest", "--read", "sample"});
  EXPECT_EQ(sampled.code, kExitNotWhole) << sampled.output;
  EXPECT_THAT(sampled.output, HasSubstr("missing: 2")) << "by its id, and by the count";
}

// What was refused or never answered is put aside, and delivered once however often it is sent.
TEST_F(IntegrityTest, DeadLettersOfCosmosAreListedAndDelivered) {
  const auto emulator = cosmos::Emulator::Start({});
  ASSERT_TRUE(emulator.ok()) << emulator.status();
  const std::string target = CosmosTarget(**emulator, 2'000, ", congestion_control: false");
  Use(target, /*rate=*/400, /*attempts=*/1);
  const ProgramEnd run = Run();
  ExpectLettersAreDeliveredOnce("insert  throttled: ", run.output);
}

// The table is locked for longer than the operations' timeout. The server may go on with what was
// given up once it can, so that letters may tell of writes that have taken effect all the same.
TEST_F(IntegrityTest, DeadLettersOfPostgresAreListedAndDelivered) {
  const ThrowawayPostgres server;
  Use(absl::StrCat("postgres: {port: ", server.port(), "}"), /*rate=*/400, /*attempts=*/1);
  Program run(RunArguments());
  ASSERT_TRUE(WaitUntilDriven()) << run.Output();
  {
    pqxx::connection connection(
        absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=", server.port()));
    pqxx::work work(connection);
    work.exec("LOCK TABLE weir_records IN ACCESS EXCLUSIVE MODE");
    std::this_thread::sleep_for(2500ms);
  }
  EXPECT_NE(run.Wait(60s), -1);
  ExpectLettersAreDeliveredOnce("insert  timed_out: ", run.Output());
}

// The database refuses one write in four of every kind for as long as the run lasts.
TEST_F(IntegrityTest, DeadLettersOfSqliteAreListedAndDelivered) {
  const std::string path = folder_ + "/target.db";
  Use(absl::StrCat("sqlite: {path: ", path, "}"), /*rate=*/400, /*attempts=*/1);
  Program run(RunArguments());
  ASSERT_TRUE(WaitUntilDriven([&] { return std::filesystem::exists(path); })) << run.Output();
  SQLite::Database database(path, SQLite::OPEN_READWRITE, /*busyTimeoutMs=*/5000);
  for (const std::string kind : {"INSERT", "UPDATE", "DELETE"}) {
    database.exec(absl::StrCat("CREATE TRIGGER refuse_", kind, " BEFORE ", kind,
                               " ON weir_records WHEN abs(random()) % 4 = 0 ",
                               "BEGIN SELECT RAISE(ABORT, 'not today'); END"));
  }
  EXPECT_NE(run.Wait(60s), -1);
  for (const std::string kind : {"INSERT", "UPDATE", "DELETE"}) {
    database.exec("DROP TRIGGER refuse_" + kind);
  }
  ExpectLettersAreDeliveredOnce("insert  failed: ", run.Output());
}

TEST_F(IntegrityTest, AnAgentKilledWhileItWritesLosesNothingInPostgres) {
  const ThrowawayPostgres server;
  Use(absl::StrCat("postgres: {port: ", server.port(), "}"));
  ExpectAKilledAgentLosesNothingThatWasAcknowledged();
}

TEST_F(IntegrityTest, AnAgentKilledWhileItWritesLosesNothingInSqlite) {
  const std::string path = folder_ + "/target.db";
  Use(absl::StrCat("sqlite: {path: ", path, "}"));
  ExpectAKilledAgentLosesNothingThatWasAcknowledged([&] { return std::filesystem::exists(path); });
}

TEST_F(IntegrityTest, AnAgentKilledWhileItWritesLosesNothingInCosmos) {
  const auto emulator = cosmos::Emulator::Start({});
  ASSERT_TRUE(emulator.ok()) << emulator.status();
  Use(CosmosTarget(**emulator, 40'000));
  ExpectAKilledAgentLosesNothingThatWasAcknowledged();
}

TEST_F(IntegrityTest, ElsewhereNothingIsWrittenWithoutConsent) {
  const std::string address = MoveToANetworkWithAnAddressElsewhere();
  if (address.empty()) GTEST_SKIP() << "the kernel gives no network namespace";
  cosmos::EmulatorOptions options;
  options.host = address;
  const auto emulator = cosmos::Emulator::Start(options);
  ASSERT_TRUE(emulator.ok()) << emulator.status();
  Use(CosmosTarget(**emulator, 40'000));
  const ProgramEnd refused = Run();
  EXPECT_EQ(refused.code, kExitTarget);
  EXPECT_THAT(refused.output, HasSubstr("weir init CAMPAIGN.yaml --target target"));
  const auto untouched = backend_->Survey();
  ASSERT_TRUE(untouched.ok()) << untouched.status();
  EXPECT_FALSE(untouched->exists);
  EXPECT_FALSE(untouched->on_this_machine);
  const ProgramEnd init = Weir({"init", folder_ + "/campaign.yaml", "--target", "target"});
  EXPECT_EQ(init.code, kExitValid) << init.output;
  const ProgramEnd run = Run();
  EXPECT_EQ(run.code, kExitValid) << run.output;
}

TEST_F(IntegrityTest, NeverDropsATableThatItDidNotMake) {
  const ThrowawayPostgres server;
  Use(absl::StrCat("postgres: {port: ", server.port(), "}"));
  pqxx::connection connection(
      absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=", server.port()));
  {
    pqxx::work work(connection);
    work.exec("CREATE TABLE weir_records AS SELECT 'theirs' AS id");
    work.commit();
  }
  const ProgramEnd refused = Run();
  EXPECT_EQ(refused.code, kExitTarget) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("will not be dropped"));
  EXPECT_TRUE(absl::IsPermissionDenied(backend_->SetUp(true)));
  {
    pqxx::work work(connection);
    EXPECT_EQ(work.exec1("SELECT id FROM weir_records")[0].as<std::string>(), "theirs");
    work.exec("DELETE FROM weir_records");
    work.commit();
  }
  EXPECT_TRUE(backend_->SetUp(true).ok()) << "an empty one may go";
}

TEST_F(IntegrityTest, NeverDropsATableNamedLikeThatOfItsBatchesEither) {
  const ThrowawayPostgres server;
  Use(absl::StrCat("postgres: {port: ", server.port(), "}"));
  pqxx::connection connection(
      absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=", server.port()));
  {
    pqxx::work work(connection);
    work.exec("CREATE TABLE weir_records_batches AS SELECT 1::bigint writer, 2::bigint first");
    work.commit();
  }
  const absl::Status refused = backend_->SetUp(true);
  EXPECT_TRUE(absl::IsPermissionDenied(refused));
  EXPECT_THAT(refused.message(), HasSubstr("table weir_records_batches holds what Weir did not"));
  {
    pqxx::work work(connection);
    EXPECT_EQ(work.exec1("SELECT count(*) FROM weir_records_batches")[0].as<int>(), 1);
    work.exec("DROP TABLE weir_records_batches");
    work.commit();
  }
  EXPECT_TRUE(backend_->SetUp(true).ok());
  {
    pqxx::work work(connection);
    work.exec("INSERT INTO weir_records_batches VALUES (1, 2)");
    work.commit();
  }
  EXPECT_TRUE(backend_->SetUp(true).ok()) << "its own goes, whatever it holds";
}

TEST_F(IntegrityTest, ANameThatSpeaksOfProductionMustBeConfirmed) {
  Use(absl::StrCat("sqlite: {path: ", folder_, "/prod.db}"));
  const ProgramEnd refused = Run();
  EXPECT_EQ(refused.code, kExitTarget);
  EXPECT_THAT(refused.output, HasSubstr(absl::StrCat("say --confirm=", folder_, "/prod.db")));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/prod.db"));
  const ProgramEnd run = Weir({"run", folder_ + "/campaign.yaml", "--quiet", "--agents", "1",
                               "--override-gates", "--confirm", folder_ + "/prod.db"});
  EXPECT_EQ(run.code, kExitValid) << run.output;
}

}  // namespace
}  // namespace weir
