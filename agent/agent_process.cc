#include "agent/agent_process.h"

#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "agent/agent_control.h"
#include "agent/control_listener.h"
#include "agent/control_stream.h"
#include "agent/job_thread.h"
#include "agent/left_behind.h"
#include "agent/machine.h"
#include "agent/spool.h"
#include "agent/stage.h"
#include "agent/terminations.h"
#include "agent/whereabouts.h"
#include "agent/workbench.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/event_queue.h"
#include "base/printable.h"
#include "base/status.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;
constexpr auto kFlushTimeout = 1s;
constexpr auto kThroughputPoll = 1s;

class AgentProcess final : public AgentPort {
 public:
  // Dials, or takes the next run of the listener, which outlives it.
  using StreamMaker =
      std::function<std::unique_ptr<ControlStream>(EventQueue&, ControlStream::Handlers)>;

  AgentProcess(const AgentOptions& options, const v1::Hello& hello, const StreamMaker& make_stream,
               Terminations& terminations)
      : options_(options),
        name_(hello.facts().name()),
        spool_path_(SpoolPath(options, hello)),
        spool_(*disk_, spool_path_),
        control_(hello, *this, spool_),
        terminations_(terminations),
        stream_(make_stream(events_, Handlers())) {}

  int Run() {
    terminations_.Tell([this] { events_.Push([this] { control_.OnTerminate(); }); });
    stream_->Dial();
    const int64_t give_up_ns = MonotonicNs() + options_.join_timeout_ns;
    while (!exit_) {
      if (events_.RunOne(kTick)) events_.RunAll();
      const int64_t now = MonotonicNs();
      if (connected_) {
        control_.OnTick(now);
      } else if (options_.listen.empty() && now > give_up_ns) {
        Quit(AgentExit::kLostCoordinator,
             absl::StrCat("no coordinator answers at ", options_.coordinator, ": ",
                          stream_->Trouble()));
      }
    }
    terminations_.Tell(nullptr);
    stream_->Flush(kFlushTimeout);
    AwaitFetch();
    // A job may hang in a database that does not answer; nothing of ours needs its end.
    if (jobs_under_way_ > 0) std::_Exit(static_cast<int>(*exit_));
    stream_.reset();
    jobs_.reset();
    stage_.reset();
    return static_cast<int>(*exit_);
  }

  // AgentPort.
  void Send(const v1::AgentMessage& message) override { stream_->Send(message); }

  void Redial() override {
    spdlog::warn("the coordinator is out of reach; dialling again");
    stream_->Dial();
  }

  void StartTask(const v1::Prepare& prepare) override {
    ++jobs_under_way_;
    target_ = prepare.target();
    jobs_->Push([this, prepare] {
      v1::Prepared prepared = CarryOut(prepare);
      events_.Push([this, prepared] {
        --jobs_under_way_;
        control_.OnTaskDone(prepared);
      });
    });
  }

  void StartStage(int64_t start_ns) override {
    running_ = stage_.get();
    ++stages_begun_;
    driving_ = true;
    running_->ExtendLease(lease_end_ns_);
    running_->Start(start_ns, {.on_interval =
                                   [this](v1::Interval interval) {
                                     events_.Push([this, interval = std::move(interval)]() mutable {
                                       control_.OnInterval(std::move(interval));
                                     });
                                   },
                               .on_done =
                                   [this](v1::StageDone done) {
                                     events_.Push([this, done = std::move(done)]() mutable {
                                       running_ = nullptr;
                                       driving_ = false;
                                       control_.OnStageDone(std::move(done));
                                     });
                                   }});
  }

  void ExtendLease(int64_t until_ns) override {
    lease_end_ns_ = until_ns;
    if (running_ != nullptr) running_->ExtendLease(until_ns);
  }

  void StopStage() override {
    if (running_ != nullptr) running_->Stop();
  }

  // On the thread of the tasks, which has nothing to do while a stage runs.
  void ChangeThroughput(const v1::ChangeThroughput& change) override {
    ++jobs_under_way_;
    jobs_->Push([this, change, stage = stages_begun_.load(), target = target_] {
      FollowThroughput(change, workbench_.backend(target), stage);
      events_.Push([this] { --jobs_under_way_; });
    });
  }

  void Quit(AgentExit exit, const std::string& reason) override {
    exit_ = exit;
    if (exit == AgentExit::kFinished) return;
    spdlog::error("agent ends: {}", Printable(reason));
    if (!spool_.on_disk()) return;
    spdlog::error("what the coordinator may not have is in {}.*", spool_path_);
    spdlog::error("where the coordinator has died: weir recover {} --spools {}",
                  Printable(control_.welcome().run_id()),
                  std::filesystem::path(spool_path_).parent_path().string());
  }

 private:
  ControlStream::Handlers Handlers() {
    return {.on_connected =
                [this] {
                  connected_ = true;
                  control_.OnConnected(MonotonicNs());
                },
            .on_message =
                [this](const v1::CoordinatorMessage& message, int64_t arrived_ns) {
                  if (message.has_welcome()) SayWelcome(message.welcome());
                  control_.OnMessage(message, arrived_ns);
                },
            .on_disconnected = [this] { control_.OnDisconnected(); },
            .on_refused = [this](const std::string& why) { control_.OnRefused(why); }};
  }

  // Of a local run the coordinator tells enough.
  void SayWelcome(const v1::Welcome& welcome) const {
    if (options_.die_with_parent) return;
    spdlog::info("attends run {} as agent {}{}", welcome.run_id(), welcome.agent_index(),
                 welcome.agent_count() == 0 ? "" : absl::StrCat(" of ", welcome.agent_count()));
  }

  // Asks for the change, and looks after it until the database has carried it out or the stage is
  // over.
  void FollowThroughput(const v1::ChangeThroughput& change, Backend& backend, uint64_t stage) {
    absl::StatusOr<Throughput> now = backend.ChangeThroughput(change.ru());
    while (true) {
      v1::ThroughputChanged changed;
      changed.set_step(change.step());
      changed.set_change(change.change());
      if (now.ok()) {
        changed.set_ru(now->ru);
        changed.set_pending(now->pending);
        changed.set_physical_partitions(now->physical_partitions);
      } else {
        changed.set_error(std::string(now.status().message()));
      }
      events_.Push([this, changed] { control_.OnThroughputChanged(changed); });
      if (!changed.pending()) return;
      std::this_thread::sleep_for(kThroughputPoll);
      if (!driving_ || stages_begun_ != stage) return;
      now = backend.ReadThroughput();
    }
  }

  uint32_t Workers() const {
    if (options_.workers > 0) return options_.workers;
    return std::max(1u, UsableCores() / std::max(1u, control_.welcome().local_agents()));
  }

  // With its stream ended: for the coordinator it is gone.
  void AwaitFetch() {
    const bool letters = jobs_under_way_ == 0 && letters_ && letters_->written() > 0;
    if (options_.await_fetch_ns == 0 || (!letters && spool_.empty())) return;
    stream_.reset();
    spdlog::warn("{} kept in {} until they are fetched (weir k8s fetch), or for {} s",
                 letters ? "dead letters are" : "reports are", options_.spool,
                 options_.await_fetch_ns / kNsPerSecond);
    AwaitCollection(options_.spool, options_.await_fetch_ns,
                    [this] { return terminations_.terminated(); });
  }

  v1::Prepared CarryOut(const v1::Prepare& prepare) {
    v1::Prepared prepared;
    prepared.set_leg(prepare.leg());
    prepared.set_task(prepare.task());
    prepared.set_step(prepare.step());
    const absl::Status status = Perform(prepare, &prepared);
    if (!status.ok()) {
      prepared.set_error(std::string(status.message()));
      prepared.set_target_unreachable(IsUnreachable(status));
    }
    return prepared;
  }

  absl::Status Perform(const v1::Prepare& prepare, v1::Prepared* prepared) {
    stage_.reset();  // the sessions of the stage before
    if (absl::Status status = workbench_.Open(prepare); !status.ok()) return status;
    switch (prepare.task()) {
      case v1::TASK_REACH:
        return workbench_.Reach(prepare, prepared);
      case v1::TASK_SET_UP:
        return workbench_.SetUp(prepare, prepared);
      case v1::TASK_VERIFY:
        return workbench_.Verify(prepare, prepared);
      case v1::TASK_LOAD:
      case v1::TASK_PROVE:
      case v1::TASK_CANARY:
      case v1::TASK_DRIVE: {
        prepared->set_workers(Workers());
        if (absl::Status made = MakeLetters(); !made.ok()) return made;
        auto stage = PrepareStage(prepare, Workers(), workbench_, *letters_, prepared);
        if (!stage.ok()) return stage.status();
        stage_ = *std::move(stage);
        return absl::OkStatus();
      }
      default:
        return absl::UnimplementedError("this agent does not know the task");
    }
  }

  absl::Status MakeLetters() {
    if (letters_) return absl::OkStatus();
    const std::string& run_id = control_.welcome().run_id();
    const std::filesystem::path folder = LetterFolder(options_, run_id);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
      return absl::InternalError(absl::StrCat("cannot create the folder for dead letters ",
                                              folder.string(), ": ", error.message()));
    }
    letters_.emplace(*disk_, DeadLetterPlace{.path = folder / name_,
                                             .run_id = run_id,
                                             .agent = name_,
                                             .most_bytes = options_.most_dead_letter_bytes});
    return absl::OkStatus();
  }

  const AgentOptions options_;
  const std::string name_;
  EventQueue events_;
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  const std::string spool_path_;
  Spool spool_;
  AgentControl control_;
  Workbench workbench_{options_.limits};
  std::optional<DeadLetters> letters_;  // made on the job thread; used by the stage that runs
  std::unique_ptr<Stage> stage_;        // made on the job thread while no stage runs
  Stage* running_ = nullptr;            // the stage between StartStage and its end
  int64_t lease_end_ns_ = 0;
  bool connected_ = false;  // once, at least
  std::optional<AgentExit> exit_;
  uint32_t target_ = 0;                     // of the latest task
  std::atomic<uint64_t> stages_begun_ = 0;  // read by the thread of the tasks, as is driving_
  std::atomic<bool> driving_ = false;
  int jobs_under_way_ = 0;
  std::unique_ptr<JobThread> jobs_ = std::make_unique<JobThread>();
  Terminations& terminations_;
  std::unique_ptr<ControlStream> stream_;
};

// One run after another, each as a new incarnation.
int ServeRuns(const AgentOptions& options, const Whereabouts& here, ControlListener& listener,
              Terminations& terminations) {
  const auto next = [&listener](EventQueue& queue, ControlStream::Handlers handlers) {
    return listener.Await(queue, std::move(handlers));
  };
  while (true) {
    spdlog::info("waits to be dialled on {}:{}", here.address.host, listener.port());
    AgentProcess process(options, MakeHello(options, here), next, terminations);
    const int exit = process.Run();
    if (options.once || terminations.terminated()) return exit;
    spdlog::info("that run is over, exit code {}", exit);
  }
}

int Fail(const absl::Status& status, AgentExit exit) {
  spdlog::error("agent ends: {}", std::string(status.message()));
  return static_cast<int>(exit);
}

}  // namespace

int RunAgent(const AgentOptions& options) {
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  auto* terminations = new Terminations;
  const auto here = ReadWhereabouts(options);
  if (!here.ok()) return Fail(here.status(), AgentExit::kRefused);
  if (!options.listen.empty()) {
    const auto listener = StartControlListener(here->address, here->security);
    if (!listener.ok()) return Fail(listener.status(), AgentExit::kFailed);
    return ServeRuns(options, *here, **listener, *terminations);
  }
  AgentProcess process(
      options, MakeHello(options, *here),
      [&here](EventQueue& queue, ControlStream::Handlers handlers) {
        return MakeControlStream(here->coordinators, here->security, queue, std::move(handlers));
      },
      *terminations);
  return process.Run();
}

}  // namespace weir
