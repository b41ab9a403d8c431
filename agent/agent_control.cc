#include "agent/agent_control.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/lease.h"

#include "agent/coordinator_checks.h"
#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kSilenceBeforeWelcomeNs = 60 * kNsPerSecond;
constexpr int64_t kRepeatNs = kNsPerSecond;
constexpr uint64_t kResentAtOnce = 4;
// Reports under way at once (R45): what the coordinator has not kept beyond that waits on our disk,
// so that neither side's memory grows while the other, or another agent, is slow.
constexpr uint64_t kMostUnderWay = 4;

}  // namespace

// ---------------------------------------------------------------------------- the connection

void AgentControl::OnConnected(int64_t now_ns) {
  now_ns_ = now_ns;
  if (!std::exchange(heard_, true)) heard_ns_ = now_ns;
  away_ = false;
  known_ns_ = now_ns;
  hello_.set_dial(hello_.dial() + 1);
  SayHello();
}

void AgentControl::SayHello() {
  hello_ns_ = now_ns_;
  v1::AgentMessage message;
  *message.mutable_hello() = hello_;
  port_.Send(message);
}

// Until the lease ends, a new stream takes up where the old one broke.
void AgentControl::OnDisconnected() {
  if (leaving_ || std::exchange(away_, true)) return;
  port_.Redial();
}

void AgentControl::OnMessage(const v1::CoordinatorMessage& message, int64_t now_ns) {
  now_ns_ = std::max(now_ns_, now_ns);
  heard_ns_ = now_ns_;
  if (const absl::Status sound = CheckCoordinatorMessage(message); !sound.ok()) {
    return Leave(AgentExit::kFailed,
                 absl::StrCat("the coordinator sent what none sends: ", sound.message()));
  }
  switch (message.body_case()) {
    case v1::CoordinatorMessage::kWelcome:
      return OnWelcome(message.welcome());
    case v1::CoordinatorMessage::kPing:
      return OnPing(message.ping(), now_ns);
    case v1::CoordinatorMessage::kPrepare:
      return OnPrepare(message.prepare());
    case v1::CoordinatorMessage::kArm:
      return OnArm(message.arm());
    case v1::CoordinatorMessage::kGo:
      return OnGo(message.go(), now_ns);
    case v1::CoordinatorMessage::kDisarm:
      return OnDisarm(message.disarm());
    case v1::CoordinatorMessage::kStop:
      return OnStop();
    case v1::CoordinatorMessage::kAcknowledge:
      return OnAcknowledge(message.acknowledge());
    case v1::CoordinatorMessage::kResend:
      if (message.resend().step() != prepare_.step()) return;
      return OnResend(message.resend().first(), message.resend().last());
    case v1::CoordinatorMessage::kChangeThroughput:
      return OnChangeThroughput(message.change_throughput());
    case v1::CoordinatorMessage::kGoodbye:
      return OnGoodbye(message.goodbye());
    case v1::CoordinatorMessage::kRelayOrders:  // not for agents
    case v1::CoordinatorMessage::BODY_NOT_SET:
      return;
  }
}

void AgentControl::OnWelcome(const v1::Welcome& welcome) {
  if (!welcomed()) {
    welcome_ = welcome;
    hello_.set_run_id(welcome.run_id());
    hello_.set_agent_index(welcome.agent_index());
    return;
  }
  // We are back: what the coordinator may have missed.
  if (!spool_.empty()) OnResend(spool_.first(), spool_.last());
  if (end_) SendEnd();
}

// The lease runs from the latest of our pongs that the coordinator has seen: however long this ping
// was under way, we stop before it can take us for lost.
void AgentControl::OnPing(const v1::Ping& ping, int64_t now_ns) {
  v1::AgentMessage reply;
  v1::Pong* pong = reply.mutable_pong();
  pong->set_sequence(ping.sequence());
  pong->set_ping_sent_ns(ping.sent_ns());
  pong->set_received_ns(now_ns);
  pong->set_sent_ns(now_ns);
  port_.Send(reply);
  if (!welcomed() || ping.granted_from_ns() == 0) return;
  known_ns_ = std::max(known_ns_, ping.granted_from_ns());
  const int64_t until_ns = ping.granted_from_ns() + welcome_.lease().ns();
  if (until_ns <= lease_end_ns_) return;
  lease_end_ns_ = until_ns;
  port_.ExtendLease(lease_end_ns_);
}

// ------------------------------------------------------------------------------------- steps

void AgentControl::OnPrepare(const v1::Prepare& prepare) {
  if (leaving_ || !welcomed() || prepare.step() < prepare_.step()) return;
  if (prepare.step() == prepare_.step() && state_ != State::kIdle) {
    if (state_ != State::kBusy) SendPrepared();
    return;
  }
  if (state_ == State::kRunning || state_ == State::kBusy) return;  // it will be repeated
  prepare_ = prepare;
  prepared_.reset();
  end_.reset();
  spool_.Begin(SpoolHead());
  attempt_ = 0;
  sequence_ = 0;
  sent_ = 0;
  kept_ = 0;
  waiting_ns_ = 0;
  stopping_ = false;
  stage_error_.clear();
  change_ = 0;
  changed_.reset();
  state_ = State::kBusy;
  port_.StartTask(prepare_);
}

// By which the spool of an agent that has lost its coordinator is told from others'.
v1::SpoolHead AgentControl::SpoolHead() const {
  v1::SpoolHead head;
  head.set_run_id(welcome_.run_id());
  head.set_agent_index(welcome_.agent_index());
  head.set_incarnation(hello_.incarnation());
  head.set_agent_name(hello_.facts().name());
  head.set_step(prepare_.step());
  head.set_leg(prepare_.leg());
  head.set_task(prepare_.task());
  return head;
}

void AgentControl::OnTaskDone(const v1::Prepared& prepared) {
  if (state_ != State::kBusy) return;
  state_ = State::kPrepared;
  prepared_ = prepared;
  prepared_->set_step(prepare_.step());
  SendPrepared();
}

void AgentControl::SendPrepared() {
  v1::AgentMessage message;
  *message.mutable_prepared() = *prepared_;
  port_.Send(message);
}

void AgentControl::OnArm(const v1::Arm& arm) {
  if (leaving_ || arm.step() != prepare_.step() || arm.attempt() < attempt_) return;
  const bool waiting = state_ == State::kPrepared || state_ == State::kArmed;
  const bool missed = state_ == State::kEnded && end_ && end_->missed_start() && !stopping_;
  if (!waiting && !missed) return;
  if (arm.attempt() == attempt_ && state_ != State::kArmed) return;  // it was called off
  attempt_ = arm.attempt();
  start_ns_ = arm.start_ns();
  end_.reset();
  state_ = State::kArmed;
  v1::AgentMessage message;
  v1::Armed* armed = message.mutable_armed();
  armed->set_leg(arm.leg());
  armed->set_task(arm.task());
  armed->set_step(arm.step());
  armed->set_attempt(arm.attempt());
  port_.Send(message);
}

void AgentControl::OnDisarm(const v1::Disarm& disarm) {
  if (disarm.step() != prepare_.step() || disarm.attempt() < attempt_) return;
  attempt_ = disarm.attempt();
  if (state_ == State::kArmed) state_ = State::kPrepared;
}

// Go that comes after the start is no Go: late agents never join.
void AgentControl::OnGo(const v1::Go& go, int64_t now_ns) {
  if (leaving_ || state_ != State::kArmed) return;
  if (go.step() != prepare_.step() || go.attempt() != attempt_) return;
  if (std::max(now_ns, now_ns_) >= start_ns_) return EndWithoutStart();
  state_ = State::kRunning;
  port_.ExtendLease(lease_end_ns_);
  port_.StartStage(start_ns_);
}

void AgentControl::EndWithoutStart() {
  v1::StageDone done;
  done.set_missed_start(true);
  state_ = State::kRunning;
  OnStageDone(std::move(done));
}

void AgentControl::OnStop() {
  const bool armed = state_ == State::kArmed || state_ == State::kPrepared;
  if (state_ == State::kEnded && end_) return SendEnd();
  if (stopping_) return;
  stopping_ = true;
  if (state_ == State::kRunning) return port_.StopStage();
  if (armed && attempt_ > 0) EndWithoutStart();
}

// ----------------------------------------------------------------------------------- reports

void AgentControl::OnInterval(v1::Interval interval) {
  v1::AgentMessage message;
  v1::IntervalReport* report = message.mutable_interval();
  report->set_leg(prepare_.leg());
  report->set_task(prepare_.task());
  report->set_step(prepare_.step());
  report->set_sequence(++sequence_);
  *report->mutable_interval() = std::move(interval);
  // A report that cannot be kept is sent all the same, but what comes after it would be at risk.
  const absl::Status kept = spool_.Append(*report);
  if (!kept.ok() && stage_error_.empty()) {
    stage_error_ = absl::StrCat("its reports cannot be kept: ", kept.message());
    if (!std::exchange(stopping_, true)) port_.StopStage();
  }
  if (waiting_ns_ == 0) waiting_ns_ = now_ns_;
  if (kept.ok() && (sequence_ > kept_ + kMostUnderWay || sent_ + 1 != sequence_)) return;
  sent_ = sequence_;
  port_.Send(message);
}

// What waited on disk, as far as the coordinator has made room for it.
void AgentControl::SendWaiting() {
  for (; sent_ < sequence_ && sent_ < kept_ + kMostUnderWay; ++sent_) SendSpooled(sent_ + 1);
}

void AgentControl::SendSpooled(uint64_t sequence) {
  const absl::StatusOr<v1::IntervalReport> report = spool_.Read(sequence);
  if (!report.ok()) return;  // the coordinator will say what it misses
  v1::AgentMessage message;
  *message.mutable_interval() = *report;
  port_.Send(message);
}

void AgentControl::OnStageDone(v1::StageDone done) {
  if (state_ != State::kRunning) return;
  state_ = State::kEnded;
  done.set_leg(prepare_.leg());
  done.set_task(prepare_.task());
  done.set_step(prepare_.step());
  done.set_last_sequence(sequence_);
  if (done.error().empty()) done.set_error(stage_error_);
  end_ = std::move(done);
  // An end that cannot be kept is still sent; without it a recovered run says what is missing.
  spool_.AppendEnd(*end_).IgnoreError();
  if (leaving_) SayWhyLost();
  SendEnd();
  if (leaving_) port_.Quit(exit_, leave_reason_);
}

void AgentControl::SendEnd() {
  waiting_ns_ = now_ns_;
  v1::AgentMessage message;
  *message.mutable_stage_done() = *end_;
  port_.Send(message);
}

// An acknowledgement of any report says that the coordinator is there, though it may have to wait
// for other agents before it can keep ours.
void AgentControl::OnAcknowledge(const v1::Acknowledge& acknowledge) {
  if (acknowledge.step() != prepare_.step()) return;
  waiting_ns_ = 0;
  spool_.DropUpTo(acknowledge.sequence());
  kept_ = std::max(kept_, acknowledge.sequence());
  sent_ = std::max(sent_, kept_);
  SendWaiting();
  if (acknowledge.stage_done() && state_ == State::kEnded) {
    end_.reset();
  } else if (end_) {
    waiting_ns_ = now_ns_;
  }
}

void AgentControl::OnResend(uint64_t first, uint64_t last) {
  last = std::min(last, first + kResentAtOnce - 1);
  for (uint64_t sequence = first; sequence <= last; ++sequence) SendSpooled(sequence);
  // Without a gap: what is behind one waits for its turn.
  if (first <= sent_ + 1) sent_ = std::max(sent_, std::min(last, sequence_));
  waiting_ns_ = now_ns_;
}

// -------------------------------------------------------------------------------- throughput

// One change at a time; one that comes again is answered with what is known of it.
void AgentControl::OnChangeThroughput(const v1::ChangeThroughput& change) {
  if (state_ != State::kRunning || stopping_ || change.step() != prepare_.step()) return;
  if (change.change() > change_) {
    change_ = change.change();
    changed_.reset();
    return port_.ChangeThroughput(change);
  }
  if (changed_ && changed_->change() == change.change()) OnThroughputChanged(*changed_);
}

void AgentControl::OnThroughputChanged(const v1::ThroughputChanged& changed) {
  if (changed.step() != prepare_.step() || changed.change() != change_) return;
  changed_ = changed;
  v1::AgentMessage message;
  *message.mutable_throughput_changed() = changed;
  port_.Send(message);
}

// -------------------------------------------------------------------------------------- time

void AgentControl::OnTick(int64_t now_ns) {
  LookAtClock(now_ns);
  if (leaving_) return;
  const int64_t patience_ns = welcomed() ? welcome_.lease().ns() : kSilenceBeforeWelcomeNs;
  if (now_ns_ - heard_ns_ > patience_ns) {
    return Leave(AgentExit::kLostCoordinator, "no word from the coordinator within the lease");
  }
  WatchLease();
  WatchSilence();
  if (state_ == State::kArmed && now_ns_ >= start_ns_) EndWithoutStart();
  if (!away_) Repeat();
}

// A clock that jumped back must not make us wait, nor stretch the lease.
void AgentControl::LookAtClock(int64_t now_ns) {
  now_ns_ = now_ns;
  for (int64_t* past_ns : {&heard_ns_, &hello_ns_, &waiting_ns_, &known_ns_}) {
    *past_ns = std::min(*past_ns, now_ns);
  }
  if (!welcomed() || lease_end_ns_ <= now_ns + welcome_.lease().ns()) return;
  lease_end_ns_ = now_ns + welcome_.lease().ns();
  port_.ExtendLease(lease_end_ns_);
}

// No load without a coordinator that knows of it (R40). The workers see to it by themselves as
// well.
void AgentControl::WatchLease() {
  if (state_ != State::kRunning || stopping_ || now_ns_ < lease_end_ns_) return;
  stopping_ = true;
  stage_error_ = "its lease ended: the coordinator was out of reach";
  port_.StopStage();
}

// Of a way that is broken in one direction too: pings that come say whether our pongs arrive.
void AgentControl::WatchSilence() {
  if (!welcomed() || away_) return;
  if (now_ns_ - known_ns_ <= SilenceNs(welcome_.lease().ns(), welcome_.agent_count())) return;
  away_ = true;
  port_.Redial();
}

void AgentControl::Repeat() {
  if (!welcomed() && now_ns_ - hello_ns_ >= kRepeatNs) SayHello();
  if (waiting_ns_ == 0 || now_ns_ - waiting_ns_ < kRepeatNs) return;
  waiting_ns_ = now_ns_;
  if (!spool_.empty()) OnResend(spool_.first(), spool_.last());
  if (end_) SendEnd();
}

// ------------------------------------------------------------------------------- the ways out

void AgentControl::OnTerminate() { Leave(AgentExit::kStopped, "told to terminate"); }

void AgentControl::OnRefused(const std::string& why) { Leave(AgentExit::kRefused, why); }

// Success is only what the coordinator has acknowledged to the last report.
void AgentControl::OnGoodbye(const v1::Goodbye& goodbye) {
  port_.Send([] {
    v1::AgentMessage message;
    message.mutable_farewell();
    return message;
  }());
  const auto exit = static_cast<AgentExit>(goodbye.exit_code());
  const bool reported = !end_ || end_->missed_start();
  const bool settled = state_ != State::kRunning && reported && spool_.empty();
  if (exit == AgentExit::kFinished && !settled) {
    return Leave(AgentExit::kFailed, "the run ended before all our reports were acknowledged");
  }
  if (exit == AgentExit::kFinished) spool_.Clear();
  Leave(exit, goodbye.reason());
}

// Nobody has to wait for the lease of an agent that was told to go. Before the end of its stage,
// which alone would say that it went of itself.
void AgentControl::SayWhyLost() {
  if (exit_ != AgentExit::kStopped) return;
  v1::AgentMessage message;
  message.mutable_failure()->set_error("it was told to terminate (SIGTERM)");
  port_.Send(message);
}

// A stage that runs is stopped first; its end then ends the process.
void AgentControl::Leave(AgentExit exit, const std::string& reason) {
  if (leaving_) return;
  leaving_ = true;
  exit_ = exit;
  leave_reason_ = reason;
  if (state_ != State::kRunning) {
    SayWhyLost();
    return port_.Quit(exit_, leave_reason_);
  }
  stopping_ = true;
  port_.StopStage();
}

}  // namespace weir
