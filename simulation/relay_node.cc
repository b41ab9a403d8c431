#include "simulation/relay_node.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kTickNs = 20 * kNsPerMs;
constexpr int64_t kRedialNs = 100 * kNsPerMs;
constexpr int64_t kWireNs = 100'000;  // to write one message
constexpr int64_t kJoinTimeoutNs = 30 * kNsPerSecond;

}  // namespace

void RelayNode::Boot() {
  if (running()) return;
  exit_.reset();
  trace_.Note(heap_.now_ns(), "boot", node_, 0, [&] { return absl::StrCat("relay ", node_); });
  control_ = std::make_unique<RelayControl>(
      RelaySettings{absl::StrCat("r", node_), {}, kJoinTimeoutNs}, *this, Now());
  network_.SetUp(node_, true);
  Dial();
  Tick();
}

void RelayNode::Post(EventHeap::Action action) {
  lane_.Post(heap_.now_ns(), [this, action = std::move(action)] {
    if (control_ != nullptr) action();
  });
}

void RelayNode::Dial() {
  stream_ = network_.Open(node_);
  if (stream_ == 0) return lane_.Post(heap_.now_ns() + kRedialNs, [this] { Dial(); });
  Post([this] { control_->OnConnected(Now()); });
}

// Everything that has arrived is heard before the clock is looked at.
void RelayNode::Tick() {
  lane_.Post(heap_.now_ns() + kTickNs, [this] {
    Post([this] {
      control_->OnTick(Now());
      if (running()) Tick();
    });
  });
}

void RelayNode::FromAgent(StreamId stream, std::shared_ptr<const v1::AgentMessage> message) {
  if (!running()) return;
  Post([this, stream, message = std::move(message)] {
    control_->OnAgentBytes(stream, message->SerializeAsString(), Now());
  });
}

void RelayNode::AgentGone(StreamId stream) {
  if (!running()) return;
  Post([this, stream] { control_->OnAgentGone(stream, Now()); });
}

void RelayNode::FromCoordinator(StreamId stream,
                                std::shared_ptr<const v1::CoordinatorMessage> message) {
  if (!running() || stream != stream_) return;
  Post([this, message = std::move(message)] { control_->OnMessage(*message, Now()); });
}

void RelayNode::Broken(StreamId stream) {
  if (!running() || stream != stream_) return;
  Post([this] { control_->OnDisconnected(Now()); });
}

void RelayNode::Crash(bool machine) {
  if (!running()) return;
  trace_.Note(heap_.now_ns(), "crash", node_, machine ? 1 : 0,
              [&] { return absl::StrCat("relay ", node_, machine ? ", with its machine" : ""); });
  if (stream_ != 0) network_.Break(stream_, false, !machine);
  End(/*agents_learn=*/!machine);
}

void RelayNode::End(bool agents_learn) {
  network_.SetUp(node_, false);
  for (const StreamId agent : network_.Alive(node_)) network_.Break(agent, agents_learn, false);
  lane_.End();
  stream_ = 0;
  // Its own code is on the stack when a process ends itself.
  heap_.After(0, [control = std::shared_ptr<RelayControl>(std::move(control_))] {});
}

// ------------------------------------------------------------------------------------ RelayPort

void RelayNode::SendUp(const v1::AgentMessage& message) {
  if (stream_ != 0) network_.Send(stream_, std::make_shared<const v1::AgentMessage>(message));
  lane_.Post(heap_.now_ns() + kWireNs, [this] {
    if (control_ != nullptr) control_->OnSent();
  });
}

void RelayNode::SendDown(ConnectionId agent, const v1::CoordinatorMessage& message) {
  network_.Send(agent, std::make_shared<const v1::CoordinatorMessage>(message));
}

void RelayNode::EndDown(ConnectionId agent) { network_.Break(agent, true, true); }

void RelayNode::Redial() {
  if (stream_ != 0) network_.Break(stream_, false, true);
  stream_ = 0;
  lane_.Post(heap_.now_ns() + kRedialNs, [this] { Dial(); });
}

void RelayNode::Say(const std::string& line) {
  trace_.Note(heap_.now_ns(), "relay says", node_, HashOf(line), [&] { return line; });
}

void RelayNode::Quit(AgentExit exit, const std::string& reason) {
  if (!running()) return;
  trace_.Note(heap_.now_ns(), "quit", node_, static_cast<uint64_t>(exit), [&] {
    return absl::StrCat("relay ", node_, ", exit ", static_cast<int>(exit), ": ", reason);
  });
  exit_ = exit;
  if (stream_ != 0) network_.Close(stream_, Way::kToCoordinator);
  End(/*agents_learn=*/true);
}

}  // namespace weir
