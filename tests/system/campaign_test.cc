// Whole campaigns as a user runs them: the real programs, a real PostgreSQL, the Cosmos emulator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <pqxx/pqxx>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "backends/api/record_digest.h"
#include "backends/catalog.h"
#include "backends/cosmos/emulator/emulator.h"
#include "coordinator/campaign_reader.h"
#include "coordinator/cli/exit_code.h"
#include "generators/dataset.h"
#include "reports/results_store.h"
#include "tests/support/program.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr char kPassword[] = "canary-Pa55word";

// Inserts and reads at a constant rate: what is there afterwards is a function of the seed alone.
constexpr char kCampaign[] = R"(
name: system
seed: 11
dataset:
  records: 3000
  logs: {services: 16}
targets:
  - name: postgres
    postgres: {port: $PG_PORT, password: "${env:SYSTEM_TEST_PASSWORD}"}
  - name: cosmos
    cosmos: {endpoint: "http://127.0.0.1:$COSMOS_PORT/", key: "${env:SYSTEM_TEST_KEY}", throughput: 40000}
scenarios:
  - name: mixed
    phases:
      load: {batch: 100, sessions: 7}
      warm_up: 1s
      measure: $MEASURE
    shape:
      open: {rate: 150/s, arrivals: constant, sessions: 14}
    operations:
      - {do: insert, weight: 2}
      - {do: read, weight: 3}
      - {do: query, query: recent_errors, weight: 1}
    timeout: 2s
    retry: {attempts: 5}
)";

class CampaignTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("SYSTEM_TEST_PASSWORD", kPassword, 1);
    setenv("SYSTEM_TEST_KEY", std::string(cosmos::kWellKnownEmulatorKey).c_str(), 1);
    postgres_ = new ThrowawayPostgres(kPassword);
    auto emulator = cosmos::Emulator::Start({});
    ASSERT_TRUE(emulator.ok()) << emulator.status();
    emulator_ = emulator->release();
  }
  static void TearDownTestSuite() {
    delete emulator_;
    delete postgres_;
  }

  CampaignTest() {
    folder_ = absl::StrCat(testing::TempDir(), "/weir-system-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~CampaignTest() override { std::filesystem::remove_all(folder_); }

  std::string Text(const std::string& measure = "2s") const {
    return absl::StrReplaceAll(kCampaign, {{"$PG_PORT", absl::StrCat(postgres_->port())},
                                           {"$COSMOS_PORT", absl::StrCat(emulator_->port())},
                                           {"$MEASURE", measure}});
  }

  std::string Written(const std::string& text) const {
    const std::string path = folder_ + "/campaign.yaml";
    std::ofstream(path) << text;
    return path;
  }

  // A machine that runs tests is seldom fit to measure on: the gates have tests of their own.
  std::vector<std::string> Command(const std::string& text, int agents) const {
    return {WEIR_PROGRAM,     "--store",         folder_ + "/results.db", "run",
            Written(text),    "--agents",        absl::StrCat(agents),    "--out",
            folder_ + "/out", "--override-gates"};
  }

  v1::RunResult Latest() const {
    auto store = OpenResultsStore(folder_ + "/results.db");
    EXPECT_TRUE(store.ok()) << store.status();
    auto run = (*store)->LoadRun("latest");
    EXPECT_TRUE(run.ok()) << run.status();
    return run.ok() ? *run : v1::RunResult();
  }

  // What a target holds now.
  RecordDigest ReadBack(const std::string& text, int target) const {
    const CampaignReading reading = ReadCampaignText(text, "campaign.yaml", {});
    EXPECT_TRUE(reading.problems.empty());
    auto dataset = MakeDataset(reading.campaign.dataset(), reading.campaign.seed());
    EXPECT_TRUE(dataset.ok());
    auto backend = MakeBackend(reading.campaign.targets(target), **dataset);
    EXPECT_TRUE(backend.ok()) << backend.status();
    EXPECT_TRUE((*backend)->SetUp(false).ok());
    RecordDigest digest;
    const auto status =
        (*backend)->Scan([&](const Record& record) { digest.Add((*dataset)->schema(), record); });
    EXPECT_TRUE(status.ok()) << status;
    return digest;
  }

  static inline ThrowawayPostgres* postgres_ = nullptr;
  static inline cosmos::Emulator* emulator_ = nullptr;
  std::string folder_;
};

std::map<std::string, uint64_t> Planned(const v1::Leg& leg) {
  std::map<std::string, uint64_t> planned;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == v1::PHASE_LOAD) continue;
    planned[absl::StrCat(result.phase(), "/", leg.operations(result.operation()).name())] =
        result.total().planned();
  }
  return planned;
}

uint64_t Ok(const v1::Leg& leg, v1::Phase phase) {
  uint64_t ok = 0;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == phase) ok += result.total().ok();
  }
  return ok;
}

TEST_F(CampaignTest, WritesTheSameRecordsAndPlansTheSameOperationsWithOneThreeAndSevenAgents) {
  std::vector<RecordDigest> digests;
  std::vector<std::map<std::string, uint64_t>> planned;
  std::vector<std::string> plans;
  for (const int agents : {1, 3, 7}) {
    SCOPED_TRACE(agents);
    const ProgramEnd end = RunProgram(Command(Text(), agents), {}, 90s);
    ASSERT_EQ(end.code, kExitValid) << end.output;
    const v1::RunResult run = Latest();
    ASSERT_EQ(run.legs_size(), 2);
    for (int target = 0; target < 2; ++target) {
      EXPECT_TRUE(run.legs(target).verification().matches());
      digests.push_back(ReadBack(Text(), target));
      planned.push_back(Planned(run.legs(target)));
      plans.push_back(run.legs(target).plan_digest());
    }
  }
  EXPECT_GT(digests[0].count(), 3000u);
  for (size_t i = 1; i < digests.size(); ++i) {
    EXPECT_EQ(digests[i], digests[0]) << i;
    EXPECT_EQ(planned[i], planned[0]) << i;
    EXPECT_EQ(plans[i], plans[0]) << i;
  }
}

TEST_F(CampaignTest, TheReadyFiftyMillionInSmallAreLoadedAndReadBack) {
  const ProgramEnd end = RunProgram(
      {WEIR_PROGRAM, "--store", folder_ + "/results.db", "run",
       "campaigns/fifty-million-cosmos.yaml", "--set", "dataset.records=40000", "--set",
       absl::StrCat("targets.cosmos.cosmos.endpoint=http://127.0.0.1:", emulator_->port(), "/"),
       "--agents", "2", "--out", folder_ + "/out", "--override-gates"},
      {absl::StrCat("COSMOS_KEY=", std::string(cosmos::kWellKnownEmulatorKey))}, 90s);
  ASSERT_EQ(end.code, kExitValid) << end.output;
  const v1::RunResult run = Latest();
  ASSERT_EQ(run.legs_size(), 1);
  EXPECT_TRUE(run.legs(0).verification().matches());
  EXPECT_EQ(run.legs(0).verification().records_found(), 40'000u);
}

TEST_F(CampaignTest, LeavesAReportWithoutSecretsInAnyArtefact) {
  const ProgramEnd end = RunProgram(Command(Text("1s"), 2));
  ASSERT_EQ(end.code, kExitValid) << end.output;
  std::string everything = end.output;
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    if (!entry.is_regular_file() || entry.path().filename() == "campaign.yaml") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    everything.append(std::istreambuf_iterator<char>(file), {});
    ++files;
  }
  EXPECT_GE(files, 4);  // report.html, summary.csv, report.json, run.hlog, results.db
  EXPECT_EQ(everything.find(kPassword), std::string::npos);
  EXPECT_EQ(everything.find(std::string(cosmos::kWellKnownEmulatorKey)), std::string::npos);
  EXPECT_NE(everything.find("modelled"), std::string::npos);
}

TEST_F(CampaignTest, StartsNothingForACampaignWithMistakes) {
  const std::string text = absl::StrReplaceAll(Text(), {{"weight: 2", "wieght: 2"}});
  Program program(Command(text, 3));
  EXPECT_EQ(program.Wait(10s), kExitBadCampaign);
  EXPECT_THAT(program.Output(), HasSubstr("campaign.yaml:21:22: "));
  EXPECT_THAT(program.Output(), HasSubstr("did you mean"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/results.db"));
}

TEST_F(CampaignTest, SaysWhichTargetIsDownAndDoesNothingElse) {
  const std::string text =
      absl::StrReplaceAll(Text(), {{absl::StrCat("port: ", postgres_->port()), "port: 1"}});
  const ProgramEnd end = RunProgram(Command(text, 2), {}, 30s);
  EXPECT_EQ(end.code, kExitTarget) << end.output;
  EXPECT_THAT(end.output, HasSubstr("target postgres"));
  EXPECT_THAT(end.output, HasSubstr("127.0.0.1:1"));
}

TEST_F(CampaignTest, SaysThatThePasswordIsWrongWithoutShowingIt) {
  const ProgramEnd end =
      RunProgram(Command(Text(), 2), {"SYSTEM_TEST_PASSWORD=not-the-password"}, 30s);
  EXPECT_EQ(end.code, kExitTarget) << end.output;
  EXPECT_THAT(end.output, HasSubstr("password authentication failed"));
  EXPECT_THAT(end.output, Not(HasSubstr("not-the-password")));
}

TEST_F(CampaignTest, SaysThatTheKeyIsWrong) {
  const ProgramEnd end =
      RunProgram(Command(Text(), 2), {"SYSTEM_TEST_KEY=bm90IHRoZSBrZXkgYXQgYWxs"}, 30s);
  EXPECT_EQ(end.code, kExitTarget) << end.output;
  EXPECT_THAT(end.output, HasSubstr("target cosmos"));
}

TEST_F(CampaignTest, ReportsATableThatVanishesMidRun) {
  Program program(Command(Text("4s"), 2));
  ASSERT_TRUE(program.WaitForOutput("driving mixed on postgres", 30s)) << program.Output();
  pqxx::connection connection(absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=",
                                           postgres_->port(), " password=", kPassword));
  pqxx::nontransaction(connection).exec("DROP TABLE weir_records");
  EXPECT_EQ(program.Wait(60s), kExitValid) << program.Output();
  const v1::Leg leg = Latest().legs(0);
  EXPECT_THAT(leg.verdict().reasons(), Contains(HasSubstr("did not succeed")));
  ASSERT_GT(leg.errors_size(), 0);
  EXPECT_THAT(leg.errors(0).detail(), HasSubstr("does not exist"));
}

TEST_F(CampaignTest, ReportsATargetThatGoesDownMidRun) {
  Program program(Command(Text("4s"), 2));
  ASSERT_TRUE(program.WaitForOutput("driving mixed on postgres", 30s)) << program.Output();
  postgres_->Kill();
  const int code = program.Wait(60s);
  postgres_->Start();
  EXPECT_EQ(code, kExitValid) << program.Output();
  const v1::RunResult run = Latest();
  EXPECT_THAT(run.legs(0).verdict().reasons(), Contains(HasSubstr("did not succeed")));
  EXPECT_EQ(run.legs(1).verdict().reasons_size(), 0);
  EXPECT_EQ(run.legs(1).verdict().validity(), v1::VALIDITY_UNVERIFIED);
}

TEST_F(CampaignTest, CallsARunInvalidWhenAnAgentIsKilledAndLeavesNoProcess) {
  Program program(Command(Text("20s"), 3));
  ASSERT_TRUE(program.WaitForOutput("driving mixed on postgres", 30s)) << program.Output();
  const std::vector<pid_t> agents = program.Processes("weir-agent");
  ASSERT_EQ(agents.size(), 3u);
  kill(agents[1], SIGKILL);
  EXPECT_EQ(program.Wait(15s), kExitAgentLost) << program.Output();
  EXPECT_THAT(program.Output(), HasSubstr("INVALID"));
  EXPECT_TRUE(program.Processes("weir").empty());
  EXPECT_EQ(Latest().state(), v1::RUN_STATE_ABORTED);
}

TEST_F(CampaignTest, StopsWithinASecondOnCtrlCAndKeepsWhatWasMeasured) {
  Program program(Command(Text("60s"), 3));
  ASSERT_TRUE(program.WaitForOutput("driving mixed on postgres", 30s)) << program.Output();
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait(5s), kExitInterrupted) << program.Output();
  EXPECT_TRUE(program.Processes("weir").empty());
  const v1::RunResult run = Latest();
  EXPECT_EQ(run.state(), v1::RUN_STATE_INTERRUPTED);
  EXPECT_GT(Ok(run.legs(0), v1::PHASE_WARM_UP), 0u);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/out/report.html"));
}

TEST_F(CampaignTest, KeepsItsBooksWhereAttemptsTakeSecondsAndAreThrottled) {
  const std::string text = absl::StrCat(R"(
name: throttled
dataset:
  records: 500
  logs: {services: 200}
targets:
  - name: cosmos
    cosmos: {endpoint: "http://127.0.0.1:)",
                                        emulator_->port(), R"(/", key: "${env:SYSTEM_TEST_KEY}"}
scenarios:
  - name: load
    phases: {load: {batch: 25, sessions: 3}}
)");
  const ProgramEnd end = RunProgram(Command(text, 3), {}, 90s);
  EXPECT_EQ(end.code, kExitValid) << end.output;
  const v1::Leg leg = Latest().legs(0);
  ASSERT_EQ(leg.results_size(), 1);
  const v1::Tally& total = leg.results(0).total();
  EXPECT_GT(total.throttled_attempts(), 0u);
  EXPECT_GT(total.wasted_milli_ru(), 0u);
  EXPECT_EQ(total.records(), 500u);
  EXPECT_TRUE(leg.verification().matches());
}

TEST_F(CampaignTest, StopsOnCtrlCAlsoWhenAskedForMoreThanItCanDo) {
  Program program(Command(R"(
name: flood
dataset: {records: 1000, logs: {}}
targets: [{name: nothing, "null": {}}]
scenarios:
  - name: flood
    phases: {measure: 15s}
    shape: {open: {rate: 1000000/s, arrivals: constant, sessions: 8}}
    operations: [{do: read}]
)",
                          2));
  ASSERT_TRUE(program.WaitForOutput("driving flood on nothing", 60s)) << program.Output();
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait(5s), kExitInterrupted) << program.Output();
  EXPECT_THAT(program.Output(), Not(HasSubstr("lost")));
  EXPECT_GT(Ok(Latest().legs(0), v1::PHASE_MEASURE), 0u);
}

TEST_F(CampaignTest, LeavesNoAgentBehindWhenTheCoordinatorIsKilled) {
  Program program(Command(Text("60s"), 3));
  ASSERT_TRUE(program.WaitForOutput("driving mixed on postgres", 30s)) << program.Output();
  program.Signal(SIGKILL);
  EXPECT_EQ(program.Wait(5s), 128 + SIGKILL);
  for (int i = 0; i < 300 && !program.Processes("weir-agent").empty(); ++i) usleep(10'000);
  EXPECT_TRUE(program.Processes("weir-agent").empty());
}

TEST_F(CampaignTest, WaitsForAgentsThatAreStartedElsewhere) {
  std::vector<std::string> command = Command(Text("1s"), 2);
  command.erase(command.begin() + 5, command.begin() + 7);
  const int port = 20000 + getpid() % 20000;
  const std::string address = absl::StrCat("127.0.0.1:", port);
  command.insert(command.end(), {"--listen", address, "--expect-agents", "2"});
  Program coordinator(command);
  Program first({WEIR_AGENT_PROGRAM, "--coordinator", address, "--name", "north"});
  Program second({WEIR_AGENT_PROGRAM, "--coordinator", address, "--name", "south"});
  EXPECT_EQ(coordinator.Wait(60s), kExitValid) << coordinator.Output();
  EXPECT_EQ(first.Wait(10s), 0) << first.Output();
  EXPECT_EQ(second.Wait(10s), 0) << second.Output();
  EXPECT_EQ(Latest().agents_size(), 2);
}

}  // namespace
}  // namespace weir
