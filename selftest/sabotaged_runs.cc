// S8: a run that is disturbed must say so, by the gate that is there for it; a database that stalls
// is a result and no disturbance. Every disturbance is compared with a run that has none, so that
// what this machine does by itself is not taken for what was done to it.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "selftest/figures.h"
#include "selftest/local_run.h"
#include "selftest/sabotage.h"
#include "selftest/self_test.h"

#include "base/status.h"
#include "measure/tally.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr int kTries = 3;
constexpr auto kPatience = 120s;

using Act = std::function<absl::Status(const LocalRun& run)>;

std::string NullCampaign(uint64_t seed) {
  return absl::StrCat("name: sabotage\nseed: ", seed,
                      "\ndataset: {records: 1000, logs: }\ntargets:\n  - name: nothing\n"
                      "    null: {service_time: 1ms}\nscenarios:\n  - name: steady\n"
                      "    phases: {warm_up: 1s, measure: 13s}\n"
                      "    shape: {open: {rate: 300/s, sessions: 8}}\n"
                      "    operations: [{do: read}]\n");
}

absl::Status Nothing(const LocalRun&) { return absl::OkStatus(); }

absl::StatusOr<v1::RunResult> RunAnd(const std::string& campaign, const Act& act,
                                     const ChildSpec& surroundings = {}) {
  const TemporaryFolder folder;
  WEIR_ASSIGN_OR_RETURN(LocalRun run, LocalRun::Start(folder, campaign, 1, surroundings));
  WEIR_RETURN_IF_ERROR(run.WaitUntilDriving(kPatience));
  WEIR_RETURN_IF_ERROR(act(run));
  return run.Result(kPatience);
}

// The failing result of this gate, if it failed.
const v1::GateResult* Failure(const v1::RunResult& run, absl::string_view gate) {
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::GateResult& result : leg.gates()) {
      if (result.name() == gate && !result.passed()) return &result;
    }
  }
  return nullptr;
}

std::vector<std::string> Failures(const v1::RunResult& run) {
  std::vector<std::string> failures;
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::GateResult& result : leg.gates()) {
      if (!result.passed()) failures.push_back(absl::StrCat(result.name(), ": ", result.saw()));
    }
  }
  return failures;
}

// What cannot be done here is skipped; what goes wrong has failed.
SelfTestResult NotDone(const absl::Status& status) {
  if (absl::IsUnimplemented(status)) return Skip(status.message());
  return Fail(status.message());
}

// The gate must pass undisturbed, and fail disturbed.
SelfTestResult ExpectTripped(absl::string_view gate, const Act& act, uint64_t seed,
                             const ChildSpec& surroundings = {}) {
  const std::string campaign = NullCampaign(seed);
  std::string undisturbed;
  for (int i = 0; i < kTries; ++i) {
    const auto calm = RunAnd(campaign, Nothing, surroundings);
    if (!calm.ok()) return NotDone(calm.status());
    const v1::GateResult* failure = Failure(*calm, gate);
    if (failure != nullptr) {
      undisturbed = failure->saw();
      continue;
    }
    const auto disturbed = RunAnd(campaign, act, surroundings);
    if (!disturbed.ok()) return NotDone(disturbed.status());
    const v1::GateResult* tripped = Failure(*disturbed, gate);
    if (tripped == nullptr) {
      return Fail(absl::StrCat("the gate \"", std::string(gate), "\" did not notice"));
    }
    const auto& counted = disturbed->verdict().overridden();
    if (std::find(counted.begin(), counted.end(), gate) == counted.end()) {
      return Fail(
          absl::StrCat("the verdict does not count that the gate failed: ", tripped->saw()));
    }
    return {SelfTestResult::State::kPass,
            absl::StrCat("gate \"", std::string(gate), "\": ", tripped->saw())};
  }
  return Skip(absl::StrCat("this machine fails the gate \"", std::string(gate),
                           "\" without a disturbance too: ", undisturbed));
}

// ------------------------------------------------------------------- a database that stalls

// The emulator of Cosmos DB, as a process that can be stopped.
class StallingDatabase {
 public:
  absl::Status Start() {
    setenv("WEIR_SELFTEST_KEY", "c2VsZnRlc3Q=", 1);  // a secret of nothing
    WEIR_ASSIGN_OR_RETURN(
        ChildProcess process,
        ChildProcess::Start(
            {.arguments = {ThisProgram(), "cosmos-emulator", "--listen", "127.0.0.1:0",
                           "--no-throttle", "--key", "${env:WEIR_SELFTEST_KEY}"},
             .output = folder_.File("emulator.log")}));
    process_ = std::make_unique<ChildProcess>(std::move(process));
    for (int i = 0; i < 200 && Endpoint().empty(); ++i) {
      if (process_->Wait(50ms).ok()) break;
    }
    return Endpoint().empty() ? absl::InternalError(LastLines(folder_.File("emulator.log")))
                              : absl::OkStatus();
  }

  std::string Campaign(uint64_t seed) const {
    return absl::StrCat(
        "name: sabotage\nseed: ", seed,
        "\ndataset: {records: 500, logs: }\ntargets:\n  - name: stalling\n    cosmos: {endpoint: '",
        Endpoint(), "', key: '${env:WEIR_SELFTEST_KEY}', throughput: 100000}\n",
        "scenarios:\n  - name: steady\n    phases: {load: {batch: 50, sessions: 2}, warm_up: 1s, "
        "measure: 13s}\n    shape: {open: {rate: 100/s, sessions: 8}}\n"
        "    operations: [{do: read}]\n");
  }

  absl::Status Stall() const {
    process_->Signal(SIGSTOP);
    std::this_thread::sleep_for(2s);
    process_->Signal(SIGCONT);
    return absl::OkStatus();
  }

 private:
  // The first address that its banner names.
  std::string Endpoint() const {
    const std::string said = ReadWholeFile(folder_.File("emulator.log"));
    const size_t begin = said.find("http://");
    if (begin == std::string::npos) return "";
    const size_t end = said.find_first_of(" \n,;", begin);
    return end == std::string::npos ? "" : said.substr(begin, end - begin);
  }

  const TemporaryFolder folder_;
  std::unique_ptr<ChildProcess> process_;
};

double ResponseP99Ms(const v1::RunResult& run) {
  Tally tally;
  for (const v1::PhaseResult& result : run.legs(0).results()) {
    if (result.phase() == v1::PHASE_MEASURE) tally.Add(result.total()).IgnoreError();
  }
  return static_cast<double>(tally.response.ValueAtQuantile(0.99)) / 1e6;
}

}  // namespace

SelfTestResult TestSuspendedAgent(const SelfTestOptions& options) {
  return ExpectTripped("watchdog", SuspendAgents, options.seed);
}

SelfTestResult TestHoggedCores(const SelfTestOptions& options) {
  return ExpectTripped("core_cpu", HogCores, options.seed);
}

SelfTestResult TestCpuQuota(const SelfTestOptions& options) {
  const auto group = CpuGroup::Make();
  if (!group.ok()) return NotDone(group.status());
  return ExpectTripped("quota", [&group](const LocalRun&) { return group->Squeeze(); },
                       options.seed, {.join_cgroup = group->procs()});
}

SelfTestResult TestLostPackets(const SelfTestOptions& options) {
  const TemporaryFolder folder;
  const absl::Status possible = RunToEnd({.arguments = {ThisProgram(), "--version"},
                                          .output = folder.File("out"),
                                          .own_network = true},
                                         20s);
  if (!possible.ok()) return Skip("no network namespace can be made here");
  return ExpectTripped("retransmits", DropPackets, options.seed, {.own_network = true});
}

SelfTestResult TestStallingDatabase(const SelfTestOptions& options) {
  StallingDatabase database;
  if (const absl::Status started = database.Start(); !started.ok()) return Fail(started.message());
  std::vector<std::string> tripped;
  for (int i = 0; i < kTries; ++i) {
    const auto run =
        RunAnd(database.Campaign(options.seed), [&](const LocalRun&) { return database.Stall(); });
    if (!run.ok()) return NotDone(run.status());
    if (ResponseP99Ms(*run) < 1000) {
      return Fail(absl::StrFormat("p99 %.0f ms does not show a stall of 2 s", ResponseP99Ms(*run)));
    }
    tripped = Failures(*run);
    if (!tripped.empty()) continue;
    return {SelfTestResult::State::kPass,
            absl::StrFormat("no gate tripped; response p99 %.0f ms", ResponseP99Ms(*run))};
  }
  const auto calm = RunAnd(database.Campaign(options.seed), Nothing);
  if (calm.ok() && !Failures(*calm).empty()) {
    return Skip(absl::StrCat("gates of this machine fail without a stall too: ",
                             absl::StrJoin(Failures(*calm), "; ")));
  }
  return Fail(absl::StrCat("gates tripped: ", absl::StrJoin(tripped, "; ")));
}

}  // namespace weir
