#include "agent/agent_control.h"

#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kSilenceBeforeWelcomeNs = 60 * kNsPerSecond;

}  // namespace

void AgentControl::OnConnected(int64_t now_ns) {
  heard_ns_ = now_ns;
  v1::AgentMessage message;
  *message.mutable_hello() = hello_;
  port_.Send(message);
}

void AgentControl::OnMessage(const v1::CoordinatorMessage& message, int64_t now_ns) {
  heard_ns_ = now_ns;
  switch (message.body_case()) {
    case v1::CoordinatorMessage::kWelcome:
      welcome_ = message.welcome();
      break;
    case v1::CoordinatorMessage::kPing: {
      v1::AgentMessage reply;
      reply.mutable_pong()->set_sequence(message.ping().sequence());
      reply.mutable_pong()->set_ping_sent_ns(message.ping().sent_ns());
      reply.mutable_pong()->set_received_ns(now_ns);
      reply.mutable_pong()->set_sent_ns(now_ns);
      port_.Send(reply);
      break;
    }
    case v1::CoordinatorMessage::kPrepare:
      if (leaving_) break;
      prepare_ = message.prepare();
      port_.StartTask(prepare_);
      break;
    case v1::CoordinatorMessage::kArm: {
      if (leaving_ || driving_) break;
      driving_ = true;
      sequence_ = 0;
      port_.StartStage(message.arm().start_ns());
      v1::AgentMessage reply;
      reply.mutable_armed()->set_leg(message.arm().leg());
      reply.mutable_armed()->set_task(message.arm().task());
      port_.Send(reply);
      break;
    }
    case v1::CoordinatorMessage::kStop:
      port_.StopStage();
      break;
    case v1::CoordinatorMessage::kAcknowledge:
    case v1::CoordinatorMessage::kGo:
    case v1::CoordinatorMessage::kDisarm:
    case v1::CoordinatorMessage::kResend:
      break;
    case v1::CoordinatorMessage::kGoodbye:
      Leave(static_cast<AgentExit>(message.goodbye().exit_code()), message.goodbye().reason());
      break;
    case v1::CoordinatorMessage::BODY_NOT_SET:
      break;
  }
}

void AgentControl::OnDisconnected() {
  Leave(AgentExit::kLostCoordinator, "the connection to the coordinator is gone");
}

void AgentControl::OnTerminate() { Leave(AgentExit::kStopped, "told to terminate"); }

// No load without a coordinator that wants it: silence for the lease stops the stage (R40).
void AgentControl::OnTick(int64_t now_ns) {
  if (leaving_) return;
  const bool welcomed = welcome_.has_lease();
  const int64_t patience_ns = welcomed ? welcome_.lease().ns() : kSilenceBeforeWelcomeNs;
  if (now_ns - heard_ns_ <= patience_ns) return;
  Leave(AgentExit::kLostCoordinator, "no word from the coordinator within the lease");
}

// A stage that runs is stopped first; its end then ends the process.
void AgentControl::Leave(AgentExit exit, const std::string& reason) {
  if (leaving_) return;
  leaving_ = true;
  exit_ = exit;
  leave_reason_ = reason;
  if (!driving_) return port_.Quit(exit_, leave_reason_);
  port_.StopStage();
}

void AgentControl::OnTaskDone(const v1::Prepared& prepared) {
  v1::AgentMessage message;
  *message.mutable_prepared() = prepared;
  port_.Send(message);
}

void AgentControl::OnInterval(v1::Interval interval) {
  v1::AgentMessage message;
  v1::IntervalReport* report = message.mutable_interval();
  report->set_leg(prepare_.leg());
  report->set_task(prepare_.task());
  report->set_sequence(++sequence_);
  *report->mutable_interval() = std::move(interval);
  port_.Send(message);
}

void AgentControl::OnStageDone(v1::StageDone done) {
  driving_ = false;
  done.set_last_sequence(sequence_);
  v1::AgentMessage message;
  *message.mutable_stage_done() = std::move(done);
  port_.Send(message);
  if (leaving_) port_.Quit(exit_, leave_reason_);
}

}  // namespace weir
