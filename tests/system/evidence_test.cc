// What a run brings home besides its operations: the database's own evidence, what its processes
// took, and the name of what held the run up. The real programs, a real PostgreSQL, the emulator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "backends/cosmos/emulator/emulator.h"
#include "coordinator/campaign_reader.h"
#include "generators/operation_plan.h"
#include "reports/results_store.h"
#include "tests/support/program.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class EvidenceTest : public testing::Test {
 protected:
  EvidenceTest() {
    folder_ = absl::StrCat(testing::TempDir(), "/weir-evidence-", getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~EvidenceTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> Command(const std::string& campaign, int agents) const {
    const std::string path = folder_ + "/campaign.yaml";
    std::ofstream(path) << campaign;
    return {WEIR_PROGRAM,
            "--store",
            folder_ + "/results.db",
            "run",
            path,
            "--agents",
            absl::StrCat(agents),
            "--out",
            folder_ + "/out",
            "--override-gates"};
  }

  v1::Leg OnlyLeg() const {
    auto store = OpenResultsStore(folder_ + "/results.db");
    EXPECT_TRUE(store.ok()) << store.status();
    auto run = (*store)->LoadRun("latest");
    EXPECT_TRUE(run.ok() && run->legs_size() == 1);
    return run.ok() && run->legs_size() == 1 ? run->legs(0) : v1::Leg();
  }

  std::string folder_;
};

// On a machine that did not let the agents run, the gates say so, and the bottleneck is theirs.
bool AgentsKeptUp(const v1::Leg& leg) {
  for (const v1::GateResult& gate : leg.gates()) {
    if (!gate.passed()) return false;
  }
  return true;
}

double Counter(const v1::Evidence& evidence, const std::string& group, const std::string& name) {
  for (const v1::NamedCount& counter : evidence.counters()) {
    if (counter.group() == group && counter.name() == name) return counter.value();
  }
  return -1;
}

TEST_F(EvidenceTest, OneSessionForTooMuchLoadIsNamedWithWhatPostgresDidMeanwhile) {
  const ThrowawayPostgres postgres;
  Program program(Command(absl::StrCat(R"(
name: narrow
dataset: {records: 500, logs: {}}
targets:
  - name: postgres
    postgres: {port: )",
                                       postgres.port(), R"(, user: postgres, database: postgres}
scenarios:
  - name: narrow
    phases: {load: {batch: 100, sessions: 2}, warm_up: 1s, measure: 5s}
    shape: {open: {rate: 30000/s, sessions: 2}}
    operations: [{do: insert}]
    timeout: 3s
)"),
                          2));
  ASSERT_TRUE(program.WaitForOutput("driving narrow on postgres", 60s)) << program.Output();
  pqxx::connection connection(
      absl::StrCat("host=127.0.0.1 user=postgres dbname=postgres port=", postgres.port()));
  for (int i = 0; i < 60 && program.Wait(1s) < 0; ++i) {
    pqxx::nontransaction(connection).exec("CHECKPOINT");
  }
  const v1::Leg leg = OnlyLeg();
  const v1::Evidence& evidence = leg.evidence();
  EXPECT_GT(evidence.wait_samples(), 0u) << program.Output();
  EXPECT_GT(evidence.waits_size(), 0);
  EXPECT_GT(Counter(evidence, "pg_stat_wal", "wal_bytes"), 0);
  EXPECT_GT(Counter(evidence, "pg_stat_database", "xact_commit"), 0);
  std::vector<std::string> events;
  for (const v1::ServerEvent& event : evidence.events()) events.push_back(event.what());
  EXPECT_THAT(events, Contains("checkpoint (requested)"));
  ASSERT_EQ(leg.processes_size(), 1);
  EXPECT_EQ(leg.processes(0).name(), "postgres");
  EXPECT_GT(leg.processes(0).processes(), 5u);
  EXPECT_GT(leg.processes(0).cpu_ns(), 100'000'000u);
  EXPECT_GT(leg.processes(0).resident_bytes(), 10'000'000u);
  if (AgentsKeptUp(leg)) {
    EXPECT_THAT(leg.bottleneck().place(),
                AnyOf(v1::BOTTLENECK_PLACE_SESSION_POOL, v1::BOTTLENECK_PLACE_DATABASE))
        << leg.bottleneck().sentence();
  }
  EXPECT_THAT(leg.bottleneck().evidence(), Contains(StartsWith("mean response ")));
  EXPECT_THAT(leg.bottleneck().evidence(), Contains(HasSubstr("samples of busy sessions")));
}

TEST_F(EvidenceTest, AContainerThatIsTooSmallIsNamedWithItsPartitions) {
  auto emulator = cosmos::Emulator::Start({.throughput_per_partition = 400});
  ASSERT_TRUE(emulator.ok()) << emulator.status();
  const std::vector<std::string> key = {
      absl::StrCat("SYSTEM_TEST_KEY=", std::string(cosmos::kWellKnownEmulatorKey))};
  const ProgramEnd end = RunProgram(
      Command(absl::StrCat(R"(
name: small
dataset: {records: 60, logs: {}}
targets:
  - name: cosmos
    cosmos: {endpoint: "http://127.0.0.1:)",
                           (*emulator)->port(),
                           R"(/", key: "${env:SYSTEM_TEST_KEY}", throughput: 800, partition_key: id,
             congestion_control: false}
scenarios:
  - name: small
    phases: {load: {batch: 20, sessions: 2}, warm_up: 1s, measure: 4s}
    shape: {open: {rate: 400/s, sessions: 8}}
    operations: [{do: insert}]
    timeout: 2s
    retry: {attempts: 3}
)"),
              1),
      key, 90s);
  const v1::Leg leg = OnlyLeg();
  ASSERT_EQ(leg.partitions_size(), 2) << end.output;
  for (const v1::PartitionUse& use : leg.partitions()) {
    EXPECT_GT(use.throttled(), 0u);
    EXPECT_GT(use.milli_ru(), 1'000'000u);
    EXPECT_GT(use.server_time_ns(), 0u);
  }
  for (const v1::PhaseResult& result : leg.results()) {
    const bool measured = result.phase() == v1::PHASE_MEASURE;
    EXPECT_TRUE(!measured || !result.total().server_time().empty());
  }
  if (AgentsKeptUp(leg)) {
    EXPECT_EQ(leg.bottleneck().place(), v1::BOTTLENECK_PLACE_THROTTLE)
        << leg.bottleneck().sentence();
    EXPECT_THAT(leg.bottleneck().sentence(), HasSubstr("of its share"));
  }
}

constexpr char kHotKeyCampaign[] = R"(
name: hot
seed: 11
dataset: {records: 500, logs: {}}
targets:
  - name: cosmos
    cosmos: {endpoint: "http://127.0.0.1:$PORT/", key: "${env:SYSTEM_TEST_KEY}", throughput: 40000,
             partition_key: id}
scenarios:
  - name: hot
    phases: {load: {batch: 100, sessions: 2}, warm_up: 1s, measure: 3s}
    shape: {open: {rate: 200/s, arrivals: constant, sessions: 8}}
    operations: [{do: read}, {do: replace}]
    keys: {law: hotspot, hot_records: 0.002, hot_operations: 0.8}
    timeout: 20s
)";
constexpr uint64_t kHotKeyWarmUp = 200;  // operations
constexpr uint64_t kHotKeyMeasured = 600;

// By the plan, of the measure phase: the id of the record that is touched most, and how often.
std::pair<std::string, uint64_t> HottestByThePlan(const std::string& text) {
  const CampaignReading reading = ReadCampaignText(text, "campaign.yaml", {});
  EXPECT_TRUE(reading.problems.empty());
  const v1::Campaign& campaign = reading.campaign;
  const auto dataset = MakeDataset(campaign.dataset(), campaign.seed());
  const auto plan = MakeOperationPlan(campaign, campaign.scenarios(0), **dataset);
  std::map<uint64_t, uint64_t> touched;
  PlannedOperation planned;
  for (uint64_t index = kHotKeyWarmUp; index < kHotKeyWarmUp + kHotKeyMeasured; ++index) {
    (*plan)->Make(index, &planned);
    ++touched[planned.operation.first_record];
  }
  const auto hottest =
      std::max_element(touched.begin(), touched.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  Record record;
  (*dataset)->Make(hottest->first, 0, &record);
  return {std::string(record[(*dataset)->schema().id_field].text()), hottest->second};
}

// Every operation of the measure phase on it is counted, by whichever agent, and none of the
// warm-up.
TEST_F(EvidenceTest, ASingleHotKeyIsNamedInTheReport) {
  auto emulator = cosmos::Emulator::Start({});
  ASSERT_TRUE(emulator.ok()) << emulator.status();
  const std::string campaign =
      absl::StrReplaceAll(kHotKeyCampaign, {{"$PORT", absl::StrCat((*emulator)->port())}});
  const ProgramEnd end = RunProgram(
      Command(campaign, 2),
      {absl::StrCat("SYSTEM_TEST_KEY=", std::string(cosmos::kWellKnownEmulatorKey))}, 90s);
  const auto [id, operations] = HottestByThePlan(campaign);
  ASSERT_GT(operations, kHotKeyMeasured * 7 / 10);
  const auto report =
      nlohmann::json::parse(std::ifstream(folder_ + "/out/report.json"), nullptr, false);
  ASSERT_TRUE(report.is_object()) << end.output;
  const nlohmann::json& keys = report["run"]["legs"][0]["hot_keys"];
  ASSERT_FALSE(keys.empty()) << end.output;
  EXPECT_EQ(keys[0]["key"], absl::StrCat("\"", id, "\""));
  EXPECT_EQ(keys[0]["operations"].dump(), absl::StrCat("\"", operations, "\""));
  EXPECT_THAT(end.output, HasSubstr(absl::StrCat("hottest partition keys: \"", id, "\" ")));
}

}  // namespace
}  // namespace weir
