// What is elsewhere and holds records is dropped only when --confirm names its database: with the
// real programs, and databases at an address that is not this machine's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "agent/workbench.h"
#include "backends/catalog.h"
#include "backends/cosmos/emulator/emulator.h"
#include "coordinator/campaign_reader.h"
#include "coordinator/cli/exit_code.h"
#include "generators/dataset.h"
#include "tests/support/elsewhere.h"
#include "tests/support/program.h"
#include "tests/support/session_driver.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr char kPassword[] = "of this test";
constexpr uint64_t kRecords = 300;
constexpr uint64_t kWitness = 1'000'000;  // the index of a record that no run writes

// Whatever it names is loaded twice in each run.
constexpr char kCampaign[] = R"(
name: confirm
seed: 5
dataset: {records: 300, logs: {}}
targets:
$TARGETS
scenarios:
  - name: first
    phases: {load: {batch: 100, sessions: 2, verify: true}}
  - name: again
    phases: {load: {batch: 50, sessions: 1, verify: true}}
)";

// Two settings of one table, which is loaded anew for each of them in every round.
constexpr char kComparison[] = R"(
name: confirm
seed: 5
dataset: {records: 300, logs: {}}
targets:
$TARGETS
    variants:
      - {name: plain, set: [postgres.prepared=false]}
scenarios:
  - name: reads
    phases: {load: {batch: 100, sessions: 2}, measure: 1s}
    shape: {closed: {sessions: 1}}
    operations: [{do: read}]
compare:
  mode: quick
  metrics: [{metric: throughput_ops_per_s}]
  canary: 0s
)";

class ConfirmTest : public testing::Test {
 protected:
  void SetUp() override {
    address_ = MoveToANetworkWithAnAddressElsewhere();
    if (address_.empty()) GTEST_SKIP() << "the kernel gives no network namespace";
    setenv("CONFIRM_TEST_PASSWORD", kPassword, 1);
    setenv("CONFIRM_TEST_KEY", std::string(cosmos::kWellKnownEmulatorKey).c_str(), 1);
    folder_ = absl::StrCat(testing::TempDir(), "/weir-confirm-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // Lets in who has the password, from everywhere.
  std::unique_ptr<ThrowawayPostgres> Postgres() const {
    const std::string rules = absl::StrCat(testing::TempDir(), "/weir-confirm-hba-", getpid());
    std::ofstream(rules) << "local all all trust\nhost all all all scram-sha-256\n";
    std::filesystem::permissions(rules, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    return std::make_unique<ThrowawayPostgres>(
        kPassword, absl::StrCat("-c fsync=off -c listen_addresses=* -c hba_file=", rules));
  }

  std::string PostgresTarget(const ThrowawayPostgres& server) const {
    return absl::StrCat("  - {name: pg, postgres: {host: ", address_, ", port: ", server.port(),
                        ", password: '${env:CONFIRM_TEST_PASSWORD}'}}\n");
  }

  std::unique_ptr<cosmos::Emulator> Cosmos() const {
    cosmos::EmulatorOptions options;
    options.host = address_;
    auto emulator = cosmos::Emulator::Start(options);
    EXPECT_TRUE(emulator.ok()) << emulator.status();
    return *std::move(emulator);
  }

  static std::string CosmosTarget(const cosmos::Emulator& emulator) {
    return absl::StrCat("  - {name: cosmos, cosmos: {endpoint: '", emulator.endpoint(),
                        "', key: '${env:CONFIRM_TEST_KEY}', database: logs, throughput: 40000}}\n");
  }

  void Use(const std::string& targets, const char* campaign = kCampaign) {
    const std::string text = absl::StrReplaceAll(campaign, {{"$TARGETS", targets}});
    std::ofstream(folder_ + "/campaign.yaml") << text;
    const CampaignReading reading = ReadCampaignText(text, "campaign.yaml", {});
    ASSERT_TRUE(reading.problems.empty());
    campaign_ = reading.campaign;
    auto dataset = MakeDataset(campaign_.dataset(), campaign_.seed());
    ASSERT_TRUE(dataset.ok()) << dataset.status();
    dataset_ = *std::move(dataset);
  }

  ProgramEnd Weir(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {WEIR_PROGRAM, "--store", folder_ + "/results.db"});
    return RunProgram(arguments, {}, 120s);
  }
  ProgramEnd Run(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"run", folder_ + "/campaign.yaml", "--quiet", "--agents",
                                          "1",   "--override-gates"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Weir(arguments);
  }
  void Consent() const {
    const ProgramEnd init = Weir({"init", folder_ + "/campaign.yaml"});
    ASSERT_EQ(init.code, kExitValid) << init.output;
  }

  std::unique_ptr<Backend> Target(int index) const {
    auto backend = MakeBackend(campaign_.targets(index), *dataset_);
    EXPECT_TRUE(backend.ok()) << backend.status();
    return *std::move(backend);
  }

  // One record more, by which a table that stayed is told from one that was made anew.
  void LeaveWitness(Backend* backend) const {
    Operation operation;
    operation.kind = OperationKind::kInsert;
    operation.first_record = kWitness;
    SessionDriver driver;
    auto session = backend->OpenSession(driver.loop(), driver);
    ASSERT_TRUE(session.ok()) << session.status();
    const KeptOutcome kept = driver.Run(**session, operation);
    ASSERT_EQ(kept.outcome.verdict, Verdict::kOk) << kept.words;
  }

  struct Content {
    uint64_t records = 0;
    bool witness = false;
    bool operator==(const Content&) const = default;
  };
  Content ContentOf(Backend* backend) const {
    Content content;
    const absl::Status read = backend->Scan([&](const Record& record) {
      ++content.records;
      content.witness |= dataset_->IndexOf(record[dataset_->schema().id_field].text()) == kWitness;
    });
    EXPECT_TRUE(read.ok()) << read;
    return content;
  }

  void ExpectDroppedOnlyWhenConfirmed(const std::string& database, const std::string& holds) {
    Consent();
    const ProgramEnd first = Run();
    EXPECT_EQ(first.code, kExitValid) << "what is not there yet needs consent only, nor does what "
                                         "this run has made: "
                                      << first.output;
    const auto backend = Target(0);
    LeaveWitness(backend.get());
    const Content whole{kRecords + 1, true};
    EXPECT_EQ(ContentOf(backend.get()), whole);

    const ProgramEnd refused = Run();
    EXPECT_EQ(refused.code, kExitTarget) << refused.output;
    EXPECT_THAT(refused.output, HasSubstr(absl::StrCat("holds ", holds,
                                                       ", which the load would "
                                                       "drop; if that is meant, say --confirm=",
                                                       database)));
    EXPECT_EQ(ContentOf(backend.get()), whole);

    const ProgramEnd another = Run({"--confirm", database + "2"});
    EXPECT_EQ(another.code, kExitTarget) << another.output;
    EXPECT_EQ(ContentOf(backend.get()), whole);

    const ProgramEnd confirmed = Run({"--confirm", database});
    EXPECT_EQ(confirmed.code, kExitValid) << confirmed.output;
    EXPECT_EQ(ContentOf(backend.get()), (Content{kRecords, false}));
  }

  std::string address_;
  std::string folder_;
  v1::Campaign campaign_;
  std::unique_ptr<Dataset> dataset_;
};

TEST_F(ConfirmTest, ATableElsewhereThatHoldsRecordsIsDroppedOnlyWhenItsDatabaseIsConfirmed) {
  const auto server = Postgres();
  Use(PostgresTarget(*server));
  ExpectDroppedOnlyWhenConfirmed("postgres", "301 records");
}

TEST_F(ConfirmTest, AContainerElsewhereThatHoldsRecordsIsDroppedOnlyWhenItsDatabaseIsConfirmed) {
  const auto emulator = Cosmos();
  Use(CosmosTarget(*emulator));
  ExpectDroppedOnlyWhenConfirmed("logs", "about 301 records");
}

TEST_F(ConfirmTest, EveryTargetThatIsNotConfirmedIsNamedAtOnce) {
  const auto server = Postgres();
  const auto emulator = Cosmos();
  Use(absl::StrCat(PostgresTarget(*server), CosmosTarget(*emulator)));
  Consent();
  const ProgramEnd first = Run();
  EXPECT_EQ(first.code, kExitValid) << first.output;
  const ProgramEnd refused = Run();
  EXPECT_EQ(refused.code, kExitTarget);
  EXPECT_THAT(refused.output, HasSubstr("--confirm=postgres"));
  EXPECT_THAT(refused.output, HasSubstr("--confirm=logs"));
  const ProgramEnd half = Run({"--confirm=logs"});
  EXPECT_EQ(half.code, kExitTarget);
  EXPECT_THAT(half.output, HasSubstr("--confirm=postgres"));
  EXPECT_THAT(half.output, Not(HasSubstr("--confirm=logs")));
  const ProgramEnd both = Run({"--confirm=logs", "--confirm=postgres"});
  EXPECT_EQ(both.code, kExitValid) << both.output;
}

TEST_F(ConfirmTest, AComparisonNeedsNoConfirmationOfWhatItHasLoadedItself) {
  const auto server = Postgres();
  Use(absl::StrCat("  - name: pg\n    postgres: {host: ", address_, ", port: ", server->port(),
                   ", password: '${env:CONFIRM_TEST_PASSWORD}'}"),
      kComparison);
  Consent();
  const ProgramEnd first = Run();
  EXPECT_EQ(first.code, kExitValid) << first.output;
  const ProgramEnd refused = Run();
  EXPECT_EQ(refused.code, kExitTarget) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("holds 300 records"));
}

// By then hours may have passed since it was found empty.
TEST_F(ConfirmTest, WhatOthersHavePutThereSinceItWasReachedIsNotDropped) {
  const auto emulator = Cosmos();
  Use(CosmosTarget(*emulator));
  Consent();
  const auto colleague = Target(0);
  ASSERT_TRUE(colleague->SetUp(/*create=*/true).ok());
  Workbench bench;
  v1::Prepare prepare;
  *prepare.mutable_campaign() = campaign_;
  prepare.set_share_count(1);
  prepare.set_task(v1::TASK_REACH);
  v1::Prepared prepared;
  ASSERT_TRUE(bench.Open(prepare).ok());
  ASSERT_TRUE(bench.Reach(prepare, &prepared).ok());
  LeaveWitness(colleague.get());
  prepare.set_task(v1::TASK_SET_UP);
  prepare.set_create_schema(true);
  const absl::Status refused = bench.SetUp(prepare, &prepared);
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_EQ(ContentOf(colleague.get()), (Content{1, true}));
}

// The agent insists, whatever a coordinator asks of it.
TEST_F(ConfirmTest, AnAgentThatWasToldOfNoConfirmationDoesNotDrop) {
  const auto emulator = Cosmos();
  Use(CosmosTarget(*emulator));
  Consent();
  const auto owner = Target(0);
  ASSERT_TRUE(owner->SetUp(/*create=*/true).ok());
  LeaveWitness(owner.get());
  Workbench bench;
  v1::Prepare prepare;
  *prepare.mutable_campaign() = campaign_;
  prepare.set_share_count(1);
  prepare.set_task(v1::TASK_SET_UP);
  prepare.set_create_schema(true);
  v1::Prepared prepared;
  ASSERT_TRUE(bench.Open(prepare).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(bench.SetUp(prepare, &prepared)));
  prepare.set_task(v1::TASK_REACH);
  ASSERT_TRUE(bench.Reach(prepare, &prepared).ok());
  prepare.set_task(v1::TASK_SET_UP);
  EXPECT_TRUE(bench.SetUp(prepare, &prepared).ok()) << "it was told while the target was reached";
  EXPECT_EQ(ContentOf(owner.get()), (Content{0, false}));
}

}  // namespace
}  // namespace weir
