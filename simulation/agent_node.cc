#include "simulation/agent_node.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kTickNs = 100 * kNsPerMs;
constexpr int64_t kRedialNs = 100 * kNsPerMs;
constexpr int64_t kConnectTimeoutNs = 30 * kNsPerSecond;
constexpr int64_t kShortestTaskNs = 5 * kNsPerMs;

}  // namespace

AgentNode::AgentNode(uint32_t node, EventHeap& heap, Network& network, Trace& trace, Oracle& oracle,
                     const SimClock& clock, uint64_t seed)
    : node_(node),
      heap_(heap),
      network_(network),
      trace_(trace),
      oracle_(oracle),
      clock_(clock),
      disk_(seed, absl::StrCat("disk ", node)),
      dice_(seed, absl::StrCat("agent ", node)),
      control_lane_(heap),
      worker_lane_(heap) {
  disk_.on_wait = [this](int64_t ns) { control_lane_.Pause(ns); };
}

void AgentNode::Boot() {
  if (running()) return;
  exit_.reset();
  v1::Hello hello;
  hello.set_protocol(kControlProtocol);
  hello.set_incarnation(absl::StrCat(node_, "-", ++incarnations_));
  hello.mutable_facts()->set_name(absl::StrCat("a", node_));
  if (given_index) hello.set_index_wanted(*given_index);
  trace_.Note(heap_.now_ns(), "boot", node_, incarnations_,
              [&] { return absl::StrCat("agent ", hello.incarnation()); });
  spool_ = std::make_unique<Spool>(disk_, absl::StrCat("spool-", hello.incarnation()));
  control_ = std::make_unique<AgentControl>(std::move(hello), *this, *spool_);
  lease_until_ns_ = 0;
  connected_ = false;
  give_up_ns_ = heap_.now_ns() + kConnectTimeoutNs;
  Dial();
  Tick();
}

void AgentNode::Dial() {
  stream_ = network_.Open(node_, servers[dials_++ % servers.size()]);
  if (stream_ == 0) return control_lane_.Post(heap_.now_ns() + kRedialNs, [this] { Dial(); });
  Post([this] {
    connected_ = true;
    control_->OnConnected(Now());
  });
}

// Everything that has arrived is heard before the clock is looked at: after a pause as well.
void AgentNode::Tick() {
  control_lane_.Post(heap_.now_ns() + kTickNs, [this] {
    control_lane_.Post(heap_.now_ns(), [this] {
      LookAtClock();
      if (running()) Tick();
    });
  });
}

void AgentNode::LookAtClock() {
  if (connected_) return control_->OnTick(Now());
  if (heap_.now_ns() > give_up_ns_) {
    Quit(AgentExit::kLostCoordinator, "no coordinator answers");
  }
}

void AgentNode::Post(EventHeap::Action action) {
  control_lane_.Post(heap_.now_ns(), [this, action = std::move(action)] {
    if (control_ == nullptr) return;
    if (mood.slow_event_ns > 0) control_lane_.Pause(dice_.Between(0, mood.slow_event_ns));
    action();
  });
}

void AgentNode::Arrived(StreamId stream, std::shared_ptr<const v1::CoordinatorMessage> message) {
  if (!running() || stream != stream_) return;
  // The time of arrival counts, not the time at which the queue is served.
  Post([this, message = std::move(message), now_ns = Now()] {
    control_->OnMessage(*message, now_ns);
  });
}

void AgentNode::Broken(StreamId stream) {
  if (!running() || stream != stream_) return;
  Post([this] { control_->OnDisconnected(); });
}

// --------------------------------------------------------------------------------- what happens

void AgentNode::End() {
  control_lane_.End();
  worker_lane_.End();
  stream_ = 0;
  running_ = nullptr;
  // Its own code is on the stack when a process ends itself.
  heap_.After(0, [spool = std::shared_ptr<Spool>(std::move(spool_)),
                  control = std::shared_ptr<AgentControl>(std::move(control_)),
                  stage = std::shared_ptr<SimulatedStage>(std::move(stage_)),
                  past = std::make_shared<decltype(past_stages_)>(std::move(past_stages_))] {});
  past_stages_.clear();
  if (on_ended != nullptr) on_ended();
}

void AgentNode::Crash(bool machine) {
  if (machine) disk_.MachineCrashed();
  if (!running()) return;
  trace_.Note(heap_.now_ns(), "crash", node_, machine ? 1 : 0,
              [&] { return absl::StrCat("agent ", node_, machine ? ", with its machine" : ""); });
  // A dead process's kernel says so; a dead machine says nothing.
  if (stream_ != 0) network_.Break(stream_, false, !machine);
  disk_.ProcessDied();
  End();
}

void AgentNode::Pause(int64_t length_ns) {
  control_lane_.Pause(length_ns);
  worker_lane_.Pause(length_ns);
}

void AgentNode::PauseControl(int64_t length_ns) { control_lane_.Pause(length_ns); }

void AgentNode::Resume() {
  control_lane_.Resume();
  worker_lane_.Resume();
}

void AgentNode::Terminate() {
  if (!running()) return;
  Post([this] { control_->OnTerminate(); });
}

// ------------------------------------------------------------------------------------ AgentPort

void AgentNode::Send(const v1::AgentMessage& message) {
  if (message.has_pong()) oracle_.OnPong(heap_.now_ns(), node_, message.pong());
  if (message.has_interval() && stage_ != nullptr) {
    oracle_.OnReport(stage_->books(), message.interval());
  }
  if (stream_ != 0) network_.Send(stream_, std::make_shared<const v1::AgentMessage>(message));
}

void AgentNode::Redial() {
  if (stream_ != 0) network_.Break(stream_, false, true);
  stream_ = 0;
  control_lane_.Post(heap_.now_ns() + kRedialNs, [this] { Dial(); });
}

void AgentNode::ExtendLease(int64_t until_ns) {
  lease_until_ns_ = until_ns;
  if (running_ != nullptr) running_->ExtendLease(until_ns);
}

void AgentNode::StartTask(const v1::Prepare& prepare) {
  const int64_t takes_ns = dice_.Spread(kShortestTaskNs, mood.longest_task_ns);
  control_lane_.Post(heap_.now_ns() + takes_ns, [this, prepare] { CarryOut(prepare); });
}

void AgentNode::CarryOut(const v1::Prepare& prepare) {
  v1::Prepared prepared;
  prepared.set_leg(prepare.leg());
  prepared.set_task(prepare.task());
  prepared.set_step(prepare.step());
  if (dice_.Chance(mood.task_fails)) {
    prepared.set_error("the database said no");
  } else if (prepare.task() == v1::TASK_LOAD || prepare.task() == v1::TASK_DRIVE ||
             prepare.task() == v1::TASK_PROVE) {
    if (stage_ != nullptr) past_stages_.push_back(std::move(stage_));
    const SimulatedStage::Surroundings surroundings{
        heap_,
        worker_lane_,
        clock_,
        dice_,
        database,
        [this](const StageBooks& books, uint64_t index) {
          oracle_.OnIssued(heap_.now_ns(), books, index);
        }};
    stage_ = std::make_unique<SimulatedStage>(surroundings, prepare, node_);
    stage_->Describe(&prepared);
    prepared.set_plan_digest("the plan");
  } else if (prepare.task() == v1::TASK_VERIFY) {
    prepared.mutable_verification()->set_done(true);
    prepared.mutable_verification()->set_matches(true);
  }
  control_->OnTaskDone(prepared);
}

void AgentNode::StartStage(int64_t start_ns) {
  oracle_.OnStage(stage_->books());
  running_ = stage_.get();
  running_->ExtendLease(lease_until_ns_);
  running_->Start(start_ns, {.on_interval =
                                 [this](v1::Interval interval) {
                                   Post([this, interval = std::move(interval)] {
                                     control_->OnInterval(interval);
                                   });
                                 },
                             .on_done =
                                 [this](v1::StageDone done) {
                                   Post([this, done = std::move(done)] {
                                     running_ = nullptr;
                                     control_->OnStageDone(done);
                                   });
                                 }});
}

void AgentNode::StopStage() {
  if (running_ != nullptr) running_->Stop();
}

// The simulated target has no throughput to change: the answer is a refusal.
void AgentNode::ChangeThroughput(const v1::ChangeThroughput& change) {
  v1::ThroughputChanged changed;
  changed.set_step(change.step());
  changed.set_change(change.change());
  changed.set_error("this database has no throughput to provision");
  control_->OnThroughputChanged(changed);
}

void AgentNode::Quit(AgentExit exit, const std::string& reason) {
  trace_.Note(heap_.now_ns(), "quit", node_, static_cast<uint64_t>(exit), [&] {
    return absl::StrCat("agent ", node_, ", exit ", static_cast<int>(exit), ": ", reason);
  });
  exit_ = exit;
  if (stream_ != 0) network_.Close(stream_, Way::kToCoordinator);
  disk_.ProcessDied();
  End();
}

}  // namespace weir
