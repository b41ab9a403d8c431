#include "coordinator/campaign_run.h"

#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/clock.h"
#include "base/disk.h"
#include "base/event_queue.h"
#include "base/random.h"
#include "base/status.h"
#include "base/version.h"
#include "coordinator/agent_dialler.h"
#include "coordinator/control_server.h"
#include "coordinator/health_server.h"
#include "coordinator/interrupts.h"
#include "coordinator/journal.h"
#include "coordinator/local_agents.h"
#include "coordinator/progress.h"
#include "coordinator/relayed_streams.h"
#include "coordinator/run_control.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 20ms;
constexpr int64_t kLeastBetweenTicksNs = 10 * kNsPerMs;
// Of a run with agents of its own, which need it once.
constexpr int64_t kLocalTokenS = 86'400;

bool Local(const CampaignRunOptions& options) { return !options.listen && options.dial.empty(); }

// 20261121T021500Z-quickstart-4f2a
std::string MakeRunId(const std::string& campaign, int64_t unix_ns) {
  const time_t seconds = unix_ns / kNsPerSecond;
  tm utc;
  gmtime_r(&seconds, &utc);
  char stamp[32];
  strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
  return absl::StrFormat("%s-%s-%04x", stamp, campaign, Draw(unix_ns, getpid()) & 0xffff);
}

v1::RunResult MakeRun(const v1::Campaign& campaign, const std::string& text,
                      const CampaignRunOptions& options) {
  v1::RunResult run;
  run.set_started_unix_ns(WallUnixNs());
  run.set_id(options.run_id.empty() ? MakeRunId(campaign.name(), run.started_unix_ns())
                                    : options.run_id);
  *run.mutable_campaign() = campaign;
  run.set_campaign_text(text);
  run.set_version(std::string(Version()));
  run.set_control_security(options.security.Words());
  *run.mutable_conditions() = {options.conditions.begin(), options.conditions.end()};
  v1::Condition* control = run.add_conditions();
  control->set_group("weir");
  control->set_name("agents and coordinator talk by");
  control->set_value(run.control_security());
  return run;
}

class CampaignRun final : public RunPort {
 public:
  CampaignRun(const v1::Campaign& campaign, const std::string& text,
              const CampaignRunOptions& options, ResultsStore& store)
      : options_(options),
        store_(store),
        progress_(stderr, options.quiet),
        dashboard_(options.dashboard),
        live_(options.json_bytes_per_record),
        control_(Settings(options), MakeRun(campaign, text, options), *this),
        journal_path_(JournalPath(options.store_path, control_.result().id())) {}

  absl::Status Begin() {
    WEIR_ASSIGN_OR_RETURN(journal_, Journal::Open(*disk_, journal_path_));
    WEIR_RETURN_IF_ERROR(OpenStreams());
    control_.Start(MonotonicNs());
    WEIR_RETURN_IF_ERROR(store_status_);
    if (options_.health) {
      WEIR_ASSIGN_OR_RETURN(health_, StartHealthServer(*options_.health));
    }
    if (server_ == nullptr || options_.listen) {
      progress_.Say(
          absl::StrCat("waiting for ", HowMany(), " ", Where(), ", ", options_.security.Words()));
      return absl::OkStatus();
    }
    return agents_.Start(options_.agents, absl::StrCat("127.0.0.1:", server_->port()),
                         options_.security.token,
                         DeadLetterFolder(options_.store_path, control_.result().id()));
  }

  CampaignRunEnd Follow() {
    const InterruptWatch watch;
    int64_t ticked_ns = 0;
    while (!control_.finished()) {
      // Everything that has arrived is heard before silence is judged.
      if (queue_.RunOne(kTick)) queue_.RunAll();
      const int64_t now = MonotonicNs();
      relayed_.Flush(now);
      // What is looked at by the clock grows with the agents: not after every message.
      if (now - ticked_ns < kLeastBetweenTicksNs && !control_.finished()) continue;
      ticked_ns = now;
      if (watch.count() > 0) control_.Interrupt(now);
      if (const auto ended = agents_.Ended()) control_.OnAgentEnded(ended->name, ended->how, now);
      if (!store_status_.ok()) control_.Abort(std::string(store_status_.message()), now);
      control_.OnTick(now);
      relayed_.OnTick(now);
      relayed_.Flush(now);
      if (dashboard_ != nullptr) dashboard_->Tick(live_, SinceBegin());
    }
    relayed_.Goodbye();
    progress_.End();
    EndJournal();
    return {control_.result(), control_.target_unreachable(),
            control_.result().state() == v1::RUN_STATE_INTERRUPTED, control_.agents_missing(),
            control_.agent_lost()};
  }

  // Once the result is saved the journal has nothing to add.
  void EndJournal() {
    journal_.reset();
    if (store_status_.ok()) disk_->Remove(journal_path_).IgnoreError();
    std::error_code not_empty;  // the folder for dead letters goes where there are none
    std::filesystem::remove(DeadLetterFolder(options_.store_path, control_.result().id()),
                            not_empty);
  }

  // RunPort.
  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    relayed_.Send(connection, message);
  }
  void RunChanged(const v1::RunResult& run) override {
    store_status_.Update(store_.SaveRun(run));
    live_.RunChanged(run);
    if (dashboard_ != nullptr) dashboard_->RunChanged(live_, SinceBegin());
  }
  void StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned) override {
    progress_.Begin();
    live_.RunChanged(control_.result());  // agents and operations are known now
    live_.StageBegins(leg, stage, planned);
    if (dashboard_ != nullptr) dashboard_->RunChanged(live_, SinceBegin());
  }
  absl::Status SecondMerged(const v1::Leg& leg, v1::Phase stage,
                            const MergedSecond& second) override {
    live_.Second(leg, second, SinceBegin());
    progress_.Second(live_);
    if (dashboard_ != nullptr) dashboard_->Second(live_, SinceBegin());
    return store_.AppendInterval(control_.result().id(), leg.index(), stage, second.ToProto());
  }
  absl::Status ReadBack(
      const v1::Leg& leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) override {
    return store_.ForEachInterval(control_.result().id(), leg.index(), visit);
  }
  // What is decided is also what there is to show.
  absl::Status Keep(const v1::JournalRecord& record) override {
    if (record.has_prepare()) {
      live_.StepBegins(record.prepare().leg(), record.prepare().task());
      if (dashboard_ != nullptr) dashboard_->StepBegins(live_, SinceBegin());
    }
    return journal_->Keep(record);
  }
  void ThroughputChanged(const v1::Leg&, uint64_t ru) override { live_.ThroughputChanged(ru); }
  void Say(const std::string& line) override {
    progress_.Say(line);
    if (dashboard_ != nullptr) dashboard_->Line(line, SinceBegin());
  }
  void Finished() override {}

 private:
  absl::Status OpenStreams() {
    AgentStreams::Handlers handlers{
        .on_opened = [this](ConnectionId id, StreamPeer peer) { relayed_.OnOpened(id, peer); },
        .on_bytes =
            [this](ConnectionId id, std::string_view message, int64_t arrived_ns) {
              relayed_.OnBytes(id, message, arrived_ns, WallUnixNs() / kNsPerSecond);
            },
        .on_disconnected = [this](ConnectionId id) { relayed_.OnDisconnected(id, MonotonicNs()); }};
    if (!options_.dial.empty()) {
      const int64_t silence_ns =
          SilenceNs(options_.lease_ns, static_cast<uint32_t>(options_.agents));
      streams_ =
          DialAgents({options_.dial, options_.security, control_.result().id(), silence_ns}, queue_,
                     std::move(handlers), [this](const std::string& line) { Say(line); });
      return absl::OkStatus();
    }
    const ControlAddress address = options_.listen.value_or(ControlAddress{"127.0.0.1", 0});
    WEIR_ASSIGN_OR_RETURN(
        auto server, StartControlServer(address, options_.security, queue_, std::move(handlers)));
    server_ = server.get();
    streams_ = std::move(server);
    return absl::OkStatus();
  }

  std::string HowMany() const {
    return options_.agents > 0 ? absl::StrCat(options_.agents, " agents") : "any number of agents";
  }
  std::string Where() const {
    if (server_ == nullptr) return "that wait to be dialled";
    return absl::StrCat("on ", options_.listen->host, ":", server_->port());
  }

  int64_t SinceBegin() const { return MonotonicNs() - begun_ns_; }

  // What comes is the agents', whether through a relay or not.
  RelayedStreams::Receiver Agents() {
    return {.on_bytes = [this](ConnectionId id, std::string_view message,
                               int64_t now_ns) { control_.OnBytes(id, message, now_ns); },
            .on_bundle = [this](const BundleView& bundle,
                                int64_t now_ns) { control_.OnBundle(bundle, now_ns); },
            .on_disconnected = [this](ConnectionId id,
                                      int64_t now_ns) { control_.OnDisconnected(id, now_ns); },
            .say = [this](const std::string& line) { Say(line); }};
  }

  static RunControlSettings Settings(const CampaignRunOptions& options) {
    RunControlSettings settings;
    settings.agents = static_cast<uint32_t>(options.agents);
    settings.local_agents = Local(options);
    settings.join_token = options.security.token;
    settings.plain_over_network = options.security.exposed && !options.security.tls;
    settings.join_timeout_ns = options.join_timeout_ns;
    settings.join_window_ns = options.join_window_ns;
    settings.lease_ns = options.lease_ns;
    settings.override_gates = options.override_gates;
    settings.min_agents = options.min_agents;
    settings.running_costs = options.running_costs;
    settings.droppable = options.droppable;
    settings.prove_headroom = true;
    settings.max_start_skew_ns = options.max_start_skew_ns;
    return settings;
  }

  const CampaignRunOptions options_;
  ResultsStore& store_;
  absl::Status store_status_;
  Progress progress_;
  Dashboard* const dashboard_;  // null: nobody looks
  const int64_t begun_ns_ = MonotonicNs();
  LiveRun live_;
  EventQueue queue_;
  RunControl control_;
  RelayedStreams relayed_{options_.security.token, Agents(),
                          [this](ConnectionId id, const v1::CoordinatorMessage& message) {
                            streams_->Send(id, message);
                          }};
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  const std::string journal_path_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<AgentStreams> streams_;
  ControlServer* server_ = nullptr;  // of streams_; null where agents are dialled
  std::unique_ptr<HealthServer> health_;
  LocalAgents agents_;  // end before the server that they talk to
};

}  // namespace

absl::StatusOr<CampaignRunEnd> RunCampaign(const v1::Campaign& campaign, const std::string& text,
                                           const CampaignRunOptions& options, ResultsStore& store) {
  CampaignRunOptions completed = options;
  if (Local(completed)) {
    // Others on this machine can reach the port, and are not to join.
    completed.security = {.token = JoinToken::Make(WallUnixNs() / kNsPerSecond + kLocalTokenS)};
  }
  CampaignRun run(campaign, text, completed, store);
  if (absl::Status begun = run.Begin(); !begun.ok()) {
    run.EndJournal();
    return begun;
  }
  return run.Follow();
}

}  // namespace weir
