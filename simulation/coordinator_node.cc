#include "simulation/coordinator_node.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kTickNs = 50 * kNsPerMs;
constexpr int64_t kFarewellNs = 2 * kNsPerSecond;  // of control_server

}  // namespace

CoordinatorNode::CoordinatorNode(const RunControlSettings& settings, const v1::RunResult& run,
                                 EventHeap& heap, Network& network, Trace& trace, Oracle& oracle,
                                 const SimClock& clock, std::function<uint32_t(StreamId)> node_of,
                                 uint64_t seed)
    : settings_(settings),
      run_(run),
      heap_(heap),
      network_(network),
      trace_(trace),
      oracle_(oracle),
      clock_(clock),
      disk_(seed, "coordinator's disk"),
      lane_(heap),
      node_of_(std::move(node_of)) {
  disk_.on_wait = [this](int64_t ns) { lane_.Pause(ns); };
}

void CoordinatorNode::Boot() {
  control_ = std::make_unique<RunControl>(settings_, run_, *this);
  network_.SetCoordinatorUp(true);
  control_->Start(Now());
  Tick();
}

void CoordinatorNode::Tick() {
  lane_.Post(heap_.now_ns() + kTickNs, [this] {
    if (over_ || control_ == nullptr) return;
    control_->OnTick(Now());
    Tick();
  });
}

void CoordinatorNode::Post(EventHeap::Action action) {
  lane_.Post(heap_.now_ns(), std::move(action));
}

void CoordinatorNode::Crash(bool machine) {
  if (!running()) return;
  trace_.Note(heap_.now_ns(), "crash", 0, machine ? 1 : 0,
              [&] { return absl::StrCat("the coordinator", machine ? ", with its machine" : ""); });
  oracle_.OnCoordinatorCrash();
  network_.SetCoordinatorUp(false);
  for (const StreamId stream : streams_) network_.Break(stream, !machine, false);
  streams_.clear();
  if (machine) disk_.MachineCrashed();
  journal_.reset();
  disk_.ProcessDied();
  lane_.End();
  heap_.After(0, [control = std::shared_ptr<RunControl>(std::move(control_))] {});
}

// The program has shown its result and ends.
void CoordinatorNode::End() {
  network_.SetCoordinatorUp(false);
  for (const StreamId stream : streams_) network_.Close(stream, Way::kToAgent);
  streams_.clear();
  control_.reset();
}

void CoordinatorNode::Interrupt() {
  if (!running()) return;
  Post([this] { control_->Interrupt(Now()); });
}

void CoordinatorNode::Arrived(StreamId stream, std::shared_ptr<const v1::AgentMessage> message) {
  if (!running() || over_) return;
  if (message->has_hello()) streams_.push_back(stream);
  Post([this, stream, message = std::move(message), now_ns = Now()] {
    oracle_.OnAnswer(heap_.now_ns(), node_of_(stream), *message);
    control_->OnMessage(stream, *message, now_ns);
  });
}

void CoordinatorNode::Broken(StreamId stream) {
  if (!running() || over_) return;
  Post([this, stream] { control_->OnDisconnected(stream, Now()); });
}

// -------------------------------------------------------------------------------------- RunPort

void CoordinatorNode::Send(ConnectionId connection, const v1::CoordinatorMessage& message) {
  oracle_.OnWord(heap_.now_ns(), node_of_(connection), message);
  network_.Send(connection, std::make_shared<const v1::CoordinatorMessage>(message));
}

void CoordinatorNode::RunChanged(const v1::RunResult& run) { result_ = run; }

void CoordinatorNode::StageBegins(const v1::Leg&, v1::Phase, uint64_t) {}

absl::Status CoordinatorNode::SecondMerged(const v1::Leg& leg, v1::Phase stage,
                                           const MergedSecond& second) {
  oracle_.OnSecond(leg, stage, second);
  return absl::OkStatus();
}

absl::Status CoordinatorNode::Keep(const v1::JournalRecord& record) {
  if (journal_ == nullptr) {
    absl::StatusOr<std::unique_ptr<Journal>> opened = Journal::Open(disk_, "journal");
    if (!opened.ok()) return opened.status();
    journal_ = *std::move(opened);
  }
  return journal_->Keep(record);
}

void CoordinatorNode::Say(const std::string& line) {
  trace_.Note(heap_.now_ns(), "weir prints", 0, HashOf(line), [&] { return line; });
  oracle_.OnSaid(heap_.now_ns(), line);
}

void CoordinatorNode::Finished() {
  result_ = control_->result();
  over_ = true;
  lane_.Post(heap_.now_ns() + kFarewellNs, [this] { End(); });
  trace_.Note(heap_.now_ns(), "run over", result_.state(), result_.verdict().validity(), [&] {
    return absl::StrCat(v1::RunState_Name(result_.state()), ", ",
                        result_.verdict().ShortDebugString());
  });
}

}  // namespace weir
