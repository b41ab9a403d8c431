// Plays agents against RunControl, without network or clock: every agent answers at once and counts
// ten operations a second. Tests override what their agents do otherwise.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "coordinator/run_control.h"
#include "measure/tally.h"

namespace weir {

// Two targets, one scenario with load, verify and measure.
inline v1::Campaign TwoTargets() {
  v1::Campaign campaign;
  campaign.set_name("test");
  for (const char* name : {"left", "right"}) {
    v1::Target* target = campaign.add_targets();
    target->set_name(name);
    target->mutable_null();
  }
  v1::Scenario* scenario = campaign.add_scenarios();
  scenario->set_name("mixed");
  scenario->mutable_phases()->mutable_load()->set_verify(true);
  scenario->mutable_phases()->mutable_warm_up()->set_ns(kNsPerSecond);
  scenario->mutable_phases()->mutable_measure()->set_ns(2 * kNsPerSecond);
  scenario->mutable_shape()->mutable_open()->set_sessions(4);
  return campaign;
}

inline RunControlSettings SettingsFor(uint32_t agents) {
  RunControlSettings settings;
  settings.agents = agents;
  return settings;
}

class Rehearsal : public RunPort {
 public:
  explicit Rehearsal(uint32_t agents) : Rehearsal(SettingsFor(agents)) {}
  explicit Rehearsal(const RunControlSettings& settings,
                     const v1::Campaign& campaign = TwoTargets())
      : agents_(settings.agents) {
    v1::RunResult run;
    run.set_id("test");
    *run.mutable_campaign() = campaign;
    control_ = std::make_unique<RunControl>(settings, run, *this);
    control_->Start(now_);
  }

  static v1::AgentMessage Hello(const std::string& name) {
    v1::AgentMessage message;
    message.mutable_hello()->set_protocol(1);
    message.mutable_hello()->set_incarnation(name + "-1");
    message.mutable_hello()->mutable_facts()->set_name(name);
    return message;
  }

  void Join(ConnectionId connection) {
    Deliver(connection, Hello("a" + std::to_string(connection)));
  }

  void Run() {
    for (ConnectionId c = 1; c <= agents_; ++c) Join(c);
    Pump();
  }

  // Answers everything that was sent, until nothing is left.
  void Pump() {
    while (!inbox_.empty()) {
      const auto [connection, message] = inbox_.front();
      inbox_.pop_front();
      Answer(connection, message);
    }
  }

  void Deliver(ConnectionId connection, const v1::AgentMessage& message) {
    control_->OnMessage(connection, message, ++now_);
  }

  // Lets time pass; agents go on answering.
  void Pass(int64_t ns, int64_t tick_ns = 50 * kNsPerMs) {
    for (const int64_t end = now_ + ns; now_ < end;) {
      now_ += tick_ns;
      control_->OnTick(now_);
      Pump();
    }
  }

  const v1::RunResult& result() const { return control_->result(); }

  // RunPort.
  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    if (cut_.count(connection) > 0) return;
    inbox_.emplace_back(connection, message);
    if (message.has_goodbye()) goodbyes_[connection] = message.goodbye();
    if (message.has_stop()) ++stops_;
    if (message.has_go()) ++goes_;
    if (message.has_acknowledge()) acknowledged_[connection] = message.acknowledge();
  }
  void RunChanged(const v1::RunResult&) override {}
  void StageBegins(const v1::Leg& leg, v1::Phase, uint64_t) override {
    stages_.push_back(leg.target());
  }
  absl::Status SecondMerged(const v1::Leg& leg, v1::Phase stage,
                            const MergedSecond& second) override {
    EXPECT_TRUE(seconds_.insert({leg.index(), stage, second.second}).second);
    for (const auto& [key, tally] : second.tallies) merged_ok_ += tally->counts().ok();
    return store_status_;
  }
  absl::Status ReadBack(const v1::Leg&,
                        absl::FunctionRef<absl::Status(v1::Phase, const v1::Interval&)>) override {
    return absl::UnimplementedError("nothing is kept");
  }
  absl::Status Keep(const v1::JournalRecord& record) override {
    journal_.push_back(record);
    return record.has_go() ? go_status_ : absl::OkStatus();
  }
  void Say(const std::string& line) override { said_.push_back(line); }
  void Finished() override { finished_ = true; }

  struct Asked {
    ConnectionId connection;
    v1::Task task;
    bool create;
  };

  virtual void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) {
    v1::AgentMessage reply;
    if (message.has_ping()) {
      v1::Pong* pong = reply.mutable_pong();
      pong->set_sequence(message.ping().sequence());
      pong->set_ping_sent_ns(message.ping().sent_ns());
      pong->set_received_ns(now_ + Skew(connection));
      pong->set_sent_ns(now_ + Skew(connection));
      Deliver(connection, reply);
    } else if (message.has_prepare()) {
      Prepare(connection, message.prepare());
    } else if (message.has_arm()) {
      Arm(connection, message.arm());
    } else if (message.has_go()) {
      const v1::Arm& arm = arms_[connection];
      if (begun_.insert({connection, message.go().step()}).second) RunStage(connection, arm);
    } else if (message.has_goodbye()) {
      reply.mutable_farewell();
      Deliver(connection, reply);
    }
  }

  virtual void Prepare(ConnectionId connection, const v1::Prepare& prepare) {
    tasks_.push_back({connection, prepare.task(), prepare.create_schema()});
    v1::AgentMessage reply;
    v1::Prepared* prepared = reply.mutable_prepared();
    prepared->set_leg(prepare.leg());
    prepared->set_task(prepare.task());
    prepared->set_step(prepare.step());
    prepared->set_plan_digest(digests_.count(connection) ? digests_[connection] : "same");
    prepared->add_operations()->set_name("read");
    prepared->set_planned_operations(60);
    for (const auto& [name, value] : disclosed_[prepare.target()]) {
      v1::Condition* condition = prepared->add_conditions();
      condition->set_name(name);
      condition->set_value(value);
    }
    if (prepare.task() == failing_task_) {
      prepared->set_error("password authentication failed");
      prepared->set_target_unreachable(true);
    }
    if (prepare.task() == v1::TASK_VERIFY) {
      prepared->mutable_verification()->set_done(true);
      prepared->mutable_verification()->set_matches(verification_matches_);
    }
    Deliver(connection, reply);
  }

  virtual void Arm(ConnectionId connection, const v1::Arm& arm) {
    arms_[connection] = arm;
    starts_[connection] = arm.start_ns() - Skew(connection);
    v1::AgentMessage reply;
    reply.mutable_armed()->set_step(arm.step());
    reply.mutable_armed()->set_attempt(arm.attempt());
    Deliver(connection, reply);
  }

  virtual void RunStage(ConnectionId connection, const v1::Arm& arm) {
    for (uint32_t second = 0; second < 3; ++second) Deliver(connection, Interval(arm, second));
    Deliver(connection, Done(arm, 3));
  }

  static v1::Phase PhaseOf(const v1::Arm& arm) {
    return arm.task() == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
  }

  static v1::Tally Ok(uint64_t count) {
    Tally tally;
    tally.counts().set_planned(count);
    tally.counts().set_ok(count);
    tally.lag.RecordTimes(0, count);  // all were dispatched
    return tally.ToProto();
  }

  // Report number second + 1.
  static v1::AgentMessage Interval(const v1::Arm& arm, uint32_t second) {
    v1::AgentMessage message;
    v1::IntervalReport* report = message.mutable_interval();
    report->set_leg(arm.leg());
    report->set_task(arm.task());
    report->set_step(arm.step());
    report->set_sequence(second + 1);
    report->mutable_interval()->set_second(second);
    v1::OperationInterval* part = report->mutable_interval()->add_operations();
    part->set_phase(PhaseOf(arm));
    *part->mutable_tally() = Ok(10);
    return message;
  }

  static v1::AgentMessage Done(const v1::Arm& arm, uint32_t seconds) {
    v1::AgentMessage message;
    v1::StageDone* done = message.mutable_stage_done();
    done->set_leg(arm.leg());
    done->set_task(arm.task());
    done->set_step(arm.step());
    done->set_last_sequence(seconds);
    done->set_started_ns(arm.start_ns() + 1000);
    done->set_elapsed_ns(seconds * kNsPerSecond);
    v1::PhaseResult* total = done->add_totals();
    total->set_phase(PhaseOf(arm));
    *total->mutable_total() = Ok(10 * seconds);
    return message;
  }

  // Agents' clocks are thousands of seconds apart.
  static int64_t Skew(ConnectionId connection) {
    return static_cast<int64_t>(connection % 1000) * 1000 * kNsPerSecond;
  }

 public:
  const uint32_t agents_;
  std::unique_ptr<RunControl> control_;
  int64_t now_ = 100;
  std::deque<std::pair<ConnectionId, v1::CoordinatorMessage>> inbox_;
  std::set<ConnectionId> cut_;  // what is sent there is lost
  std::map<ConnectionId, v1::Goodbye> goodbyes_;
  std::map<ConnectionId, v1::Acknowledge> acknowledged_;  // the latest
  std::map<ConnectionId, v1::Arm> arms_;                  // the latest
  std::map<ConnectionId, int64_t> starts_;
  std::set<std::pair<ConnectionId, uint32_t>> begun_;  // and step
  std::map<ConnectionId, std::string> digests_;
  std::vector<Asked> tasks_;
  std::vector<std::string> stages_;
  std::vector<std::string> said_;
  std::vector<v1::JournalRecord> journal_;
  std::set<std::tuple<uint32_t, v1::Phase, uint32_t>> seconds_;
  absl::Status store_status_;
  absl::Status go_status_;
  std::map<uint32_t, std::map<std::string, std::string>> disclosed_;  // by target
  v1::Task failing_task_ = v1::TASK_UNSPECIFIED;
  bool verification_matches_ = true;
  uint64_t merged_ok_ = 0;
  int stops_ = 0;
  int goes_ = 0;
  bool finished_ = false;
};

// Stages that do not end by themselves.
class EndlessRehearsal : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    Deliver(connection, Interval(arm, 0));
  }
  void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    if (message.has_stop() && connection != deaf_) {
      v1::AgentMessage done = Done(arms_[connection], 1);
      done.mutable_stage_done()->set_stopped_early(true);
      Deliver(connection, done);
    }
    Rehearsal::Answer(connection, message);
  }

  ConnectionId deaf_ = 0;
};

}  // namespace weir
