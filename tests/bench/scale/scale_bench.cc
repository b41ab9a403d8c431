// RunControl with its results store and journal, and agents that are made up, in one process and in
// virtual time: what the coordinator's own work costs by the number of agents.
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/version.h"
#include "coordinator/journal.h"
#include "coordinator/live/live_run.h"
#include "coordinator/run_control.h"
#include "measure/tally.h"
#include "reports/results_store.h"
#include "tests/bench/scale/fleet.h"
#include "tests/bench/scale/relay_layer.h"

namespace weir {
namespace {

constexpr int64_t kTickNs = 20 * kNsPerMs;
constexpr uint32_t kBatch = 100;  // reports made before they are taken: making them is not measured

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double ResidentMb() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / 1e6;
}

v1::Campaign OneScenario(const FleetLoad& load, uint32_t agents) {
  v1::Campaign campaign;
  campaign.set_name("scale");
  v1::Target* target = campaign.add_targets();
  target->set_name("null");
  target->mutable_null();
  v1::Scenario* scenario = campaign.add_scenarios();
  scenario->set_name("mixed");
  scenario->mutable_timeout()->set_ns(kNsPerSecond);
  scenario->mutable_phases()->mutable_measure()->set_ns(load.seconds * kNsPerSecond);
  scenario->mutable_shape()->mutable_open()->set_sessions(agents);
  for (uint32_t i = 0; i < load.operations; ++i) scenario->add_operations();
  return campaign;
}

// Where the time of the coordinator goes, and what it comes to.
struct Cost {
  double reports_s = 0;    // CPU: taking the reports of the stage, all of what follows from it
  double keep_s = 0;       // part of it: the results store, the live figures and the journal
  double peak_mb = 0;      // more than before the run
  double last_ms = 0;      // wall: from the last agent's last report to the saved result
  double end_s = 0;        // CPU: the ends of all agents, the judgement, the saved result
  double received_mb = 0;  // per second
  double sent_mb = 0;
  double store_mb = 0;  // per second
  double relay_s = 0;   // CPU of each relay, per second; not part of the others
  std::string verdict;
};

class CoordinatorAtScale final : public RunPort {
 public:
  // `relays` 0: every agent has a connection of its own.
  CoordinatorAtScale(uint32_t agents, uint32_t relays, const FleetLoad& load,
                     const std::filesystem::path& folder)
      : agents_(agents),
        number_of_relays_(relays),
        fleet_(load),
        before_mb_(ResidentMb()),
        live_(0),
        arms_(agents + 1) {
    store_ = *OpenResultsStore(folder / "results.db");
    journal_ = *Journal::Open(*disk_, folder / "journal");
    v1::RunResult run;
    run.set_id("scale");
    run.set_version(std::string(Version()));
    *run.mutable_campaign() = OneScenario(load, agents);
    RunControlSettings settings;
    settings.agents = agents;
    settings.local_agents = false;
    control_ = std::make_unique<RunControl>(settings, run, *this);
    if (relays == 0) return;
    relays_ = std::make_unique<RelayLayer>(
        relays, *control_,
        [this](ConnectionId agent, const v1::CoordinatorMessage& message) {
          inbox_.emplace_back(agent, message);
        },
        &CpuSeconds);
  }

  Cost Run() {
    control_->Start(now_ns_);
    for (ConnectionId c = 1; c <= agents_; ++c) Deliver(c, fleet_.Hello(static_cast<uint32_t>(c)));
    Pump();
    while (!gone_) Pass(kTickNs);
    now_ns_ = start_ns_;
    if (relays_ != nullptr) relays_->Forget();
    for (uint32_t second = 0; second + 1 < fleet_.load().seconds; ++second) TakeSecond(second);
    End();
    Measure();
    const v1::RunResult& result = control_->result();
    cost_.verdict = v1::Validity_Name(result.verdict().validity());
    for (const std::string& reason : result.verdict().reasons()) cost_.verdict += "; " + reason;
    return cost_;
  }

  // RunPort.
  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    if (relays_ != nullptr) return relays_->Send(connection, message);
    sent_bytes_ += message.ByteSizeLong();
    if (message.has_acknowledge()) return;
    inbox_.emplace_back(connection, message);
  }
  void RunChanged(const v1::RunResult& run) override {
    WEIR_CHECK(store_->SaveRun(run).ok());
    live_.RunChanged(run);
  }
  void StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned) override {
    live_.RunChanged(control_->result());
    live_.StageBegins(leg, stage, planned);
  }
  absl::Status SecondMerged(const v1::Leg& leg, v1::Phase stage,
                            const MergedSecond& second) override {
    const double from = CpuSeconds();
    live_.Second(leg, second, now_ns_);
    const v1::Interval interval = second.ToProto();
    cost_.store_mb += static_cast<double>(interval.ByteSizeLong()) / 1e6;
    absl::Status kept = store_->AppendInterval("scale", leg.index(), stage, interval);
    cost_.keep_s += CpuSeconds() - from;
    return kept;
  }
  absl::Status ReadBack(
      const v1::Leg& leg,
      absl::FunctionRef<absl::Status(v1::Phase, const v1::Interval&)> visit) override {
    return store_->ForEachInterval("scale", leg.index(), visit);
  }
  absl::Status Keep(const v1::JournalRecord& record) override {
    const double from = CpuSeconds();
    absl::Status kept = journal_->Keep(record);
    cost_.keep_s += CpuSeconds() - from;
    return kept;
  }
  void Say(const std::string& line) override { std::fprintf(stderr, "%s\n", line.c_str()); }
  void Finished() override {}

 private:
  void Deliver(ConnectionId connection, const v1::AgentMessage& message) {
    if (relays_ == nullptr) return control_->OnMessage(connection, message, ++now_ns_);
    relays_->FromAgent(connection, message.SerializeAsString(), ++now_ns_);
    relays_->Drain(now_ns_);
  }

  // CPU of the coordinator since then, without that of relays.
  struct Mark {
    double all_s;
    double relays_s;
  };
  Mark Now() const { return {CpuSeconds(), relays_ == nullptr ? 0 : relays_->relays_s()}; }
  double Since(const Mark& from) const {
    const Mark now = Now();
    return now.all_s - from.all_s - (now.relays_s - from.relays_s);
  }

  void Take(uint32_t agent, const std::string& message) {
    if (relays_ == nullptr) return control_->OnBytes(agent, message, now_ns_);
    relays_->FromAgent(agent, message, now_ns_);
  }
  void Tick() {
    control_->OnTick(now_ns_);
    if (relays_ != nullptr) relays_->OnTick(now_ns_);
  }

  void Pump() {
    while (!inbox_.empty()) {
      const auto [connection, message] = std::move(inbox_.front());
      inbox_.pop_front();
      if (message.has_arm()) {
        arms_[connection] = message.arm();
        start_ns_ = message.arm().start_ns();
      }
      gone_ |= message.has_go();
      if (const auto answer = fleet_.Answer(message, now_ns_)) Deliver(connection, *answer);
    }
  }

  void Pass(int64_t ns) {
    now_ns_ += ns;
    Tick();
    Pump();
  }

  // All reports of one second, evenly spread over the next; through relays at about the same time,
  // as agents send them.
  void TakeSecond(uint32_t second) {
    for (uint32_t first = 0; first < agents_; first += kBatch) {
      const uint32_t end = std::min(agents_, first + kBatch);
      std::vector<std::string> reports;
      for (uint32_t a = first; a < end; ++a) {
        reports.push_back(fleet_.Report(a + 1, arms_[a + 1], second));
        received_bytes_ += reports.back().size();
      }
      now_ns_ += relays_ == nullptr ? kNsPerSecond * (end - first) / agents_ : 1000;
      const Mark from = Now();
      for (uint32_t a = first; a < end; ++a) Take(a + 1, reports[a - first]);
      Tick();
      cost_.reports_s += Since(from);
      Pump();
    }
    if (relays_ != nullptr) {
      const Mark from = Now();
      now_ns_ = start_ns_ + (second + 1) * kNsPerSecond;
      Tick();
      cost_.reports_s += Since(from);
      Pump();
    }
    Measure();
  }

  void Measure() { cost_.peak_mb = std::max(cost_.peak_mb, ResidentMb() - before_mb_); }

  // The last second, with everybody's end behind it.
  void End() {
    const uint32_t seconds = fleet_.load().seconds - 1;
    cost_.reports_s /= seconds;
    cost_.keep_s /= seconds;
    cost_.store_mb /= seconds;
    cost_.received_mb = static_cast<double>(received_bytes_) / 1e6 / seconds;
    cost_.sent_mb = static_cast<double>(sent_bytes_) / 1e6 / seconds;
    if (relays_ != nullptr) {
      cost_.received_mb = static_cast<double>(relays_->up_bytes()) / 1e6 / seconds;
      cost_.sent_mb = static_cast<double>(relays_->down_bytes()) / 1e6 / seconds;
      cost_.relay_s = relays_->relays_s() / number_of_relays_ / seconds;
    }
    for (uint32_t a = 1; a <= agents_; ++a) {
      const std::string report = fleet_.Report(a, arms_[a], seconds);
      const std::string done = fleet_.Done(a, arms_[a]).SerializeAsString();
      const auto began = std::chrono::steady_clock::now();
      const Mark from = Now();
      now_ns_ += 2;
      Take(a, report);
      Take(a, done);
      if (relays_ != nullptr && a == agents_) Pass(ReportBundler::kLongestWaitNs);
      if (relays_ != nullptr) relays_->Drain(now_ns_);
      cost_.end_s += Since(from);
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - began;
      cost_.last_ms = took.count();
    }
    Pump();
    for (int i = 0; i < 500 && !control_->finished(); ++i) Pass(kTickNs);
    WEIR_CHECK(control_->finished());
  }

  const uint32_t agents_;
  const uint32_t number_of_relays_;
  const Fleet fleet_;
  const double before_mb_;
  LiveRun live_;
  std::unique_ptr<ResultsStore> store_;
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<RunControl> control_;
  std::unique_ptr<RelayLayer> relays_;  // null: none
  int64_t now_ns_ = kNsPerSecond;
  int64_t start_ns_ = 0;
  bool gone_ = false;
  std::vector<v1::Arm> arms_;
  std::deque<std::pair<ConnectionId, v1::CoordinatorMessage>> inbox_;
  uint64_t received_bytes_ = 0;
  uint64_t sent_bytes_ = 0;
  Cost cost_;
};

// ------------------------------------------------------------------ one report, two ways to read
// it

// As a message, each histogram into one of its own, which is then added: how it was done before.
void MergePlainly(const std::string& wire, std::vector<Tally>* sums, Tally* scratch) {
  v1::AgentMessage message;
  WEIR_CHECK(message.ParseFromString(wire));
  for (const v1::OperationInterval& part : message.interval().interval().operations()) {
    WEIR_CHECK(scratch->Add(part.tally()).ok());
    (*sums)[part.operation()].Add(*scratch);
    scratch->Clear();
  }
}

void MergeDirectly(const std::string& wire, ReportView* view, std::vector<Tally>* sums) {
  WEIR_CHECK(view->Read(IntervalReportIn(wire)).ok());
  for (const ReportView::Part& part : view->parts()) {
    WEIR_CHECK((*sums)[part.operation].AddHistograms(part.tally).ok());
    part.tally.counts.AddTo(&(*sums)[part.operation].counts());
  }
}

template <typename Merge>
double MicrosPerReport(const std::vector<std::string>& reports, Merge merge) {
  constexpr int kRounds = 200;
  for (const std::string& report : reports) merge(report);
  const double from = CpuSeconds();
  for (int i = 0; i < kRounds; ++i) {
    for (const std::string& report : reports) merge(report);
  }
  return (CpuSeconds() - from) * 1e6 / (kRounds * static_cast<double>(reports.size()));
}

void CompareReading(uint32_t per_second) {
  const Fleet fleet({.per_second = per_second});
  std::vector<std::string> reports;
  for (uint32_t agent = 0; agent < 16; ++agent) reports.push_back(fleet.Report(agent, {}, 0));
  std::vector<Tally> plain(10);
  std::vector<Tally> direct(10);
  Tally scratch;
  ReportView view;
  const double before = MicrosPerReport(
      reports, [&](const std::string& wire) { MergePlainly(wire, &plain, &scratch); });
  const double after = MicrosPerReport(
      reports, [&](const std::string& wire) { MergeDirectly(wire, &view, &direct); });
  for (size_t i = 0; i < 10; ++i) {
    WEIR_CHECK(plain[i].ToProto().SerializeAsString() == direct[i].ToProto().SerializeAsString());
  }
  std::printf("| %u | %.1f KB | %.1f µs | %.1f µs | %.1f × |\n", per_second,
              static_cast<double>(reports[0].size()) / 1e3, before, after, before / after);
}

void MeasureAgents(uint32_t agents, uint32_t relays, const FleetLoad& load) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("weir-scale-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const Cost cost = CoordinatorAtScale(agents, relays, load, folder).Run();
  std::filesystem::remove_all(folder);
  std::printf(
      "| %u | %u | %.2f MB/s | %.3f MB/s | %.2f %% | %.2f %% | %.0f MB | %.1f ms | %.2f s | "
      "%.2f MB/s | %.2f %% |\n",
      agents, relays, cost.received_mb, cost.sent_mb, 100 * cost.reports_s, 100 * cost.keep_s,
      cost.peak_mb, cost.last_ms, cost.end_s, cost.store_mb, 100 * cost.relay_s);
  std::fflush(stdout);
  std::fprintf(stderr, "%u agents: %s\n", agents, cost.verdict.substr(0, 300).c_str());
}

int Main(int argc, char** argv) {
  CLI::App app("What many agents cost the coordinator");
  std::vector<uint32_t> agents = {10, 100, 1000, 10'000};
  uint32_t relays = 0;
  FleetLoad load;
  app.add_option("--relays", relays, "With so many relays as well, of ten agents each at least");
  app.add_option("--agents", agents, "How many, comma-separated")->delimiter(',');
  app.add_option("--seconds", load.seconds, "Of the stage")->check(CLI::Range(2, 3600));
  app.add_option("--per-second", load.per_second, "Operations of each kind and agent");
  CLI11_PARSE(app, argc, argv);
  std::printf(
      "| operations of a kind per second | report | as messages | in place | ratio |\n"
      "|---|---|---|---|---|\n");
  for (const uint32_t per_second : {10u, 100u, 1000u}) CompareReading(per_second);
  std::printf(
      "\n| agents | relays | in | out | CPU, of a core | of it store, journal, live | memory | "
      "last report → result | CPU of the end | stored | CPU of a relay |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const uint32_t count : agents) {
    MeasureAgents(count, 0, load);
    if (relays > 0 && count >= 10 * relays) MeasureAgents(count, relays, load);
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
