#include "coordinator/campaign_run.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
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
#include "coordinator/control_server.h"
#include "coordinator/journal.h"
#include "coordinator/local_agents.h"
#include "coordinator/progress.h"
#include "coordinator/run_control.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 20ms;

std::atomic<int> interrupts{0};

void CountInterrupt(int) { ++interrupts; }

// Counts SIGINT and SIGTERM while it lives.
class InterruptWatch {
 public:
  InterruptWatch() {
    interrupts = 0;
    struct sigaction action {};
    action.sa_handler = CountInterrupt;
    sigaction(SIGINT, &action, &before_int_);
    sigaction(SIGTERM, &action, &before_term_);
  }
  ~InterruptWatch() {
    sigaction(SIGINT, &before_int_, nullptr);
    sigaction(SIGTERM, &before_term_, nullptr);
  }

 private:
  struct sigaction before_int_;
  struct sigaction before_term_;
};

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
  run.set_id(MakeRunId(campaign.name(), run.started_unix_ns()));
  *run.mutable_campaign() = campaign;
  run.set_campaign_text(text);
  run.set_version(std::string(Version()));
  *run.mutable_conditions() = {options.conditions.begin(), options.conditions.end()};
  return run;
}

class CampaignRun final : public RunPort {
 public:
  CampaignRun(const v1::Campaign& campaign, const std::string& text,
              const CampaignRunOptions& options, ResultsStore& store)
      : options_(options),
        store_(store),
        progress_(stderr, options.quiet),
        control_(Settings(options), MakeRun(campaign, text, options), *this),
        journal_path_(JournalPath(options.store_path, control_.result().id())) {}

  absl::Status Begin() {
    WEIR_ASSIGN_OR_RETURN(journal_, Journal::Open(*disk_, journal_path_));
    const bool local = options_.listen.empty();
    WEIR_ASSIGN_OR_RETURN(
        server_,
        StartControlServer(
            local ? "127.0.0.1:0" : options_.listen, queue_,
            {.on_message = [this](
                               ConnectionId id, const v1::AgentMessage& message,
                               int64_t arrived_ns) { control_.OnMessage(id, message, arrived_ns); },
             .on_disconnected =
                 [this](ConnectionId id) { control_.OnDisconnected(id, MonotonicNs()); }}));
    control_.Start(MonotonicNs());
    WEIR_RETURN_IF_ERROR(store_status_);
    if (!local) {
      progress_.Say(absl::StrCat("waiting for ", options_.agents, " agents on ", options_.listen));
      return absl::OkStatus();
    }
    return agents_.Start(options_.agents, absl::StrCat("127.0.0.1:", server_->port()),
                         DeadLetterFolder(options_.store_path, control_.result().id()));
  }

  CampaignRunEnd Follow() {
    const InterruptWatch watch;
    while (!control_.finished()) {
      // Everything that has arrived is heard before silence is judged.
      if (queue_.RunOne(kTick)) queue_.RunAll();
      const int64_t now = MonotonicNs();
      if (interrupts > 0) control_.Interrupt(now);
      if (const auto ended = agents_.Ended()) control_.OnAgentEnded(ended->name, ended->how, now);
      if (!store_status_.ok()) control_.Abort(std::string(store_status_.message()), now);
      control_.OnTick(now);
    }
    progress_.End();
    EndJournal();
    return {control_.result(), control_.target_unreachable(),
            control_.result().state() == v1::RUN_STATE_INTERRUPTED};
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
    server_->Send(connection, message);
  }
  void RunChanged(const v1::RunResult& run) override { store_status_.Update(store_.SaveRun(run)); }
  void StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned) override {
    progress_.Begin(control_.result().campaign(), leg, stage, planned);
  }
  absl::Status SecondMerged(const v1::Leg& leg, v1::Phase stage,
                            const MergedSecond& second) override {
    progress_.Second(leg, second);
    return store_.AppendInterval(control_.result().id(), leg.index(), stage, second.ToProto());
  }
  absl::Status ReadBack(
      const v1::Leg& leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) override {
    return store_.ForEachInterval(control_.result().id(), leg.index(), visit);
  }
  absl::Status Keep(const v1::JournalRecord& record) override { return journal_->Keep(record); }
  void Say(const std::string& line) override { progress_.Say(line); }
  void Finished() override {}

 private:
  static RunControlSettings Settings(const CampaignRunOptions& options) {
    RunControlSettings settings;
    settings.agents = static_cast<uint32_t>(options.agents);
    settings.local_agents = options.listen.empty();
    settings.override_gates = options.override_gates;
    settings.tolerate_agent_loss = options.tolerate_agent_loss;
    settings.prove_headroom = true;
    settings.max_start_skew_ns = options.max_start_skew_ns;
    return settings;
  }

  const CampaignRunOptions options_;
  ResultsStore& store_;
  absl::Status store_status_;
  Progress progress_;
  EventQueue queue_;
  RunControl control_;
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  const std::string journal_path_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<ControlServer> server_;
  LocalAgents agents_;  // end before the server that they talk to
};

}  // namespace

absl::StatusOr<CampaignRunEnd> RunCampaign(const v1::Campaign& campaign, const std::string& text,
                                           const CampaignRunOptions& options, ResultsStore& store) {
  CampaignRun run(campaign, text, options, store);
  if (absl::Status begun = run.Begin(); !begun.ok()) {
    run.EndJournal();
    return begun;
  }
  return run.Follow();
}

}  // namespace weir
