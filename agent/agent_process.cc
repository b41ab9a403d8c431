#include "agent/agent_process.h"

#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

#include "agent/agent_control.h"
#include "agent/machine.h"
#include "agent/stage.h"
#include "agent/workbench.h"
#include "base/clock.h"
#include "base/event_queue.h"
#include "base/random.h"
#include "proto/control.grpc.pb.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;
constexpr int64_t kConnectTimeoutNs = 30 * kNsPerSecond;
constexpr auto kFlushTimeout = 1s;

using Stream = grpc::ClientReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>;

v1::Hello MakeHello(const AgentOptions& options) {
  v1::Hello hello;
  hello.set_protocol(kControlProtocol);
  hello.set_incarnation(absl::StrCat(absl::Hex(WallUnixNs()), "-", getpid()));
  *hello.mutable_facts() = ReadMachine();
  hello.mutable_facts()->set_name(
      options.name.empty() ? absl::StrCat(hello.facts().host(), "-", getpid()) : options.name);
  return hello;
}

// Runs blocking jobs one after another on a thread of its own.
class JobThread {
 public:
  JobThread() : thread_([this] { Loop(); }) {}
  ~JobThread() {
    over_ = true;
    queue_.Push([] {});
    thread_.join();
  }
  void Push(EventQueue::Event job) { queue_.Push(std::move(job)); }

 private:
  void Loop() {
    while (!over_) queue_.RunOne(1s);
  }

  std::atomic<bool> over_{false};
  EventQueue queue_;
  std::thread thread_;
};

class AgentProcess final : public AgentPort {
 public:
  explicit AgentProcess(const AgentOptions& options)
      : options_(options), control_(MakeHello(options), *this) {}

  int Run() {
    const std::thread signals([this] { WaitForSignals(); });
    const_cast<std::thread&>(signals).detach();
    if (!Connect()) return static_cast<int>(exit_.value_or(AgentExit::kLostCoordinator));
    std::thread reader([this] { Read(); });
    control_.OnConnected(MonotonicNs());
    while (!exit_) {
      if (events_.RunOne(kTick)) events_.RunAll();
      control_.OnTick(MonotonicNs());
    }
    FlushWrites();
    // A job may hang in a database that does not answer; nothing of ours needs its end.
    if (jobs_under_way_ > 0) std::_Exit(static_cast<int>(*exit_));
    context_.TryCancel();
    reader.join();
    writer_.reset();
    jobs_.reset();
    stage_.reset();
    return static_cast<int>(*exit_);
  }

  // AgentPort.
  void Send(const v1::AgentMessage& message) override {
    // Writing blocks while the coordinator does not read; the lease must be watched all the same.
    writer_->Push([this, message] {
      if (!stream_->Write(message)) spdlog::debug("the coordinator no longer listens");
    });
  }

  void StartTask(const v1::Prepare& prepare) override {
    ++jobs_under_way_;
    jobs_->Push([this, prepare] {
      v1::Prepared prepared = CarryOut(prepare);
      events_.Push([this, prepared] {
        --jobs_under_way_;
        control_.OnTaskDone(prepared);
      });
    });
  }

  void StartStage(int64_t start_ns) override {
    stage_->Start(start_ns, {.on_interval =
                                 [this](v1::Interval interval) {
                                   events_.Push([this, interval = std::move(interval)]() mutable {
                                     control_.OnInterval(std::move(interval));
                                   });
                                 },
                             .on_done =
                                 [this](v1::StageDone done) {
                                   events_.Push([this, done = std::move(done)]() mutable {
                                     control_.OnStageDone(std::move(done));
                                   });
                                 }});
  }

  void StopStage() override {
    if (stage_ != nullptr) stage_->Stop();
  }

  void Quit(AgentExit exit, const std::string& reason) override {
    exit_ = exit;
    if (exit != AgentExit::kFinished) spdlog::error("agent ends: {}", reason);
  }

 private:
  void FlushWrites() {
    auto flushed = std::make_shared<std::promise<void>>();
    std::future<void> done = flushed->get_future();
    writer_->Push([flushed] { flushed->set_value(); });
    done.wait_for(kFlushTimeout);
  }

  bool Connect() {
    const auto channel =
        grpc::CreateChannel(options_.coordinator, grpc::InsecureChannelCredentials());
    const int64_t give_up_ns = MonotonicNs() + kConnectTimeoutNs;
    while (!channel->WaitForConnected(std::chrono::system_clock::now() + kTick)) {
      events_.RunOne(0ms);
      if (exit_) return false;
      if (MonotonicNs() < give_up_ns) continue;
      spdlog::error("no coordinator answers at {}", options_.coordinator);
      return false;
    }
    stub_ = v1::Control::NewStub(channel);
    stream_ = stub_->Attend(&context_);
    return true;
  }

  void Read() {
    v1::CoordinatorMessage message;
    while (stream_->Read(&message)) {
      // The time of arrival counts for clock offsets, not the time the queue is served.
      const int64_t now = MonotonicNs();
      events_.Push([this, message, now] { control_.OnMessage(message, now); });
    }
    events_.Push([this] { control_.OnDisconnected(); });
  }

  void WaitForSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    for (int signal; sigwait(&set, &signal) == 0;) {
      // Ctrl-C reaches the whole foreground group; the coordinator decides what it means.
      if (signal == SIGTERM) events_.Push([this] { control_.OnTerminate(); });
    }
  }

  uint32_t Workers() const {
    if (options_.workers > 0) return options_.workers;
    return std::max(1u, UsableCores() / std::max(1u, control_.welcome().local_agents()));
  }

  v1::Prepared CarryOut(const v1::Prepare& prepare) {
    v1::Prepared prepared;
    prepared.set_leg(prepare.leg());
    prepared.set_task(prepare.task());
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
      case v1::TASK_DRIVE: {
        prepared->set_workers(Workers());
        auto stage = PrepareStage(prepare, Workers(), workbench_, prepared);
        if (!stage.ok()) return stage.status();
        stage_ = *std::move(stage);
        return absl::OkStatus();
      }
      default:
        return absl::UnimplementedError("this agent does not know the task");
    }
  }

  const AgentOptions options_;
  EventQueue events_;
  AgentControl control_;
  Workbench workbench_;
  std::unique_ptr<Stage> stage_;  // made on the job thread while no stage runs
  std::optional<AgentExit> exit_;
  int jobs_under_way_ = 0;
  grpc::ClientContext context_;
  std::unique_ptr<v1::Control::Stub> stub_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<JobThread> jobs_ = std::make_unique<JobThread>();
  std::unique_ptr<JobThread> writer_ = std::make_unique<JobThread>();
};

}  // namespace

int RunAgent(const AgentOptions& options) {
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // Never destroyed: a thread of it waits for signals until the process ends.
  auto* process = new AgentProcess(options);
  return process->Run();
}

}  // namespace weir
