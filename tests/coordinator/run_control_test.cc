// A whole run through RunControl with agents that exist only here: no network, no clock.
#include "coordinator/run_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "base/clock.h"
#include "measure/tally.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Two targets, one scenario with load, verify and measure.
v1::Campaign TwoTargets() {
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

// Plays agents against RunControl. Every agent counts ten operations a second.
class Rehearsal : public RunPort {
 public:
  explicit Rehearsal(uint32_t agents, const v1::Campaign& campaign = TwoTargets())
      : agents_(agents) {
    v1::RunResult run;
    run.set_id("test");
    *run.mutable_campaign() = campaign;
    RunControlSettings settings;
    settings.agents = agents;
    control_ = std::make_unique<RunControl>(settings, run, *this);
    control_->Start(now_);
  }

  void Join(ConnectionId connection, uint32_t protocol = 1) {
    v1::AgentMessage message;
    message.mutable_hello()->set_protocol(protocol);
    message.mutable_hello()->mutable_facts()->set_name("a" + std::to_string(connection));
    Deliver(connection, message);
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

  // RunPort.
  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    inbox_.emplace_back(connection, message);
    if (message.has_goodbye()) goodbyes_[connection] = message.goodbye();
    if (message.has_stop()) ++stops_;
  }
  void RunChanged(const v1::RunResult&) override {}
  void StageBegins(const v1::Leg& leg, v1::Phase, uint64_t) override {
    stages_.push_back(leg.target());
  }
  void SecondMerged(const v1::Leg& leg, v1::Phase stage, const MergedSecond& second) override {
    EXPECT_TRUE(seconds_.insert({leg.index(), stage, second.second}).second);
    for (const auto& [key, tally] : second.tallies) merged_ok_ += tally->counts().ok();
  }
  absl::Status ReadBack(const v1::Leg&,
                        absl::FunctionRef<absl::Status(v1::Phase, const v1::Interval&)>) override {
    return absl::UnimplementedError("nothing is kept");
  }
  void Say(const std::string& line) override { said_.push_back(line); }
  void Finished() override { finished_ = true; }

 protected:
  virtual void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) {
    v1::AgentMessage reply;
    if (message.has_ping()) {
      reply.mutable_pong()->set_ping_sent_ns(message.ping().sent_ns());
      reply.mutable_pong()->set_received_ns(now_ + Skew(connection));
      reply.mutable_pong()->set_sent_ns(now_ + Skew(connection));
      Deliver(connection, reply);
    } else if (message.has_prepare()) {
      Prepare(connection, message.prepare());
    } else if (message.has_arm()) {
      starts_[connection] = message.arm().start_ns() - Skew(connection);
      reply.mutable_armed();
      Deliver(connection, reply);
      RunStage(connection, message.arm());
    }
  }

  virtual void Prepare(ConnectionId connection, const v1::Prepare& prepare) {
    tasks_.push_back({connection, prepare.task(), prepare.create_schema()});
    v1::AgentMessage reply;
    v1::Prepared* prepared = reply.mutable_prepared();
    prepared->set_leg(prepare.leg());
    prepared->set_task(prepare.task());
    prepared->set_plan_digest(digests_.count(connection) ? digests_[connection] : "same");
    prepared->add_operations()->set_name("read");
    prepared->set_planned_operations(60);
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

  virtual void RunStage(ConnectionId connection, const v1::Arm& arm) {
    const v1::Phase phase = arm.task() == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
    for (uint32_t second = 0; second < 3; ++second) {
      Deliver(connection, Interval(arm, phase, second, second + 1));
    }
    Deliver(connection, Done(arm, phase, 3));
  }

  static v1::Tally Ok(uint64_t count) {
    Tally tally;
    tally.counts().set_planned(count);
    tally.counts().set_ok(count);
    tally.lag.RecordTimes(0, count);  // all were dispatched
    return tally.ToProto();
  }

  static v1::AgentMessage Interval(const v1::Arm& arm, v1::Phase phase, uint32_t second,
                                   uint64_t sequence) {
    v1::AgentMessage message;
    v1::IntervalReport* report = message.mutable_interval();
    report->set_leg(arm.leg());
    report->set_task(arm.task());
    report->set_sequence(sequence);
    report->mutable_interval()->set_second(second);
    v1::OperationInterval* part = report->mutable_interval()->add_operations();
    part->set_phase(phase);
    *part->mutable_tally() = Ok(10);
    return message;
  }

  static v1::AgentMessage Done(const v1::Arm& arm, v1::Phase phase, uint32_t seconds) {
    v1::AgentMessage message;
    v1::StageDone* done = message.mutable_stage_done();
    done->set_leg(arm.leg());
    done->set_task(arm.task());
    done->set_last_sequence(seconds);
    done->set_elapsed_ns(seconds * kNsPerSecond);
    v1::PhaseResult* total = done->add_totals();
    total->set_phase(phase);
    *total->mutable_total() = Ok(10 * seconds);
    return message;
  }

  static int64_t Skew(ConnectionId connection) { return connection * 1000 * kNsPerSecond; }

 public:
  struct Asked {
    ConnectionId connection;
    v1::Task task;
    bool create;
  };

  const uint32_t agents_;
  std::unique_ptr<RunControl> control_;
  int64_t now_ = 100;
  std::deque<std::pair<ConnectionId, v1::CoordinatorMessage>> inbox_;
  std::map<ConnectionId, v1::Goodbye> goodbyes_;
  std::map<ConnectionId, int64_t> starts_;
  std::map<ConnectionId, std::string> digests_;
  std::vector<Asked> tasks_;
  std::vector<std::string> stages_;
  std::vector<std::string> said_;
  std::set<std::tuple<uint32_t, v1::Phase, uint32_t>> seconds_;
  v1::Task failing_task_ = v1::TASK_UNSPECIFIED;
  bool verification_matches_ = true;
  uint64_t merged_ok_ = 0;
  int stops_ = 0;
  bool finished_ = false;
};

TEST(RunControl, CarriesEveryLegThroughItsTasksAndMergesAllAgents) {
  Rehearsal run(3);
  run.Run();
  ASSERT_TRUE(run.finished_);
  const v1::RunResult& result = run.control_->result();
  EXPECT_EQ(result.state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(result.verdict().validity(), v1::VALIDITY_VALID);
  ASSERT_EQ(result.legs_size(), 2);
  for (const v1::Leg& leg : result.legs()) {
    ASSERT_EQ(leg.results_size(), 2);  // load and measure
    for (const v1::PhaseResult& part : leg.results()) EXPECT_EQ(part.total().ok(), 90u);
    EXPECT_EQ(leg.shares_size(), 6);
    EXPECT_TRUE(leg.verification().matches());
    EXPECT_EQ(leg.plan_digest(), "same");
  }
  EXPECT_EQ(run.merged_ok_, 2u * 2 * 90);
  EXPECT_EQ(run.goodbyes_.size(), 3u);
  EXPECT_EQ(run.goodbyes_[1].exit_code(), 0u);
}

// Agents that tell of partitions, of the database's processes, and of times; the first has watched
// the database.
class Evident : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    if (arm.task() == v1::TASK_LOAD) return Rehearsal::RunStage(connection, arm);
    for (uint32_t second = 0; second < 3; ++second) {
      v1::AgentMessage message = Interval(arm, v1::PHASE_MEASURE, second, second + 1);
      v1::Interval* interval = message.mutable_interval()->mutable_interval();
      interval->add_partitions()->set_attempts(5);
      interval->add_processes()->set_cpu_ns(100);
      Tally times;
      times.counts() = Ok(10);
      times.lag.RecordTimes(0, 10);
      for (Histogram* taken : {&times.response, &times.dispatch_response, &times.service}) {
        taken->RecordTimes(2 * kNsPerMs, 10);
      }
      *interval->mutable_operations(0)->mutable_tally() = times.ToProto();
      Deliver(connection, message);
    }
    v1::AgentMessage done = Done(arm, v1::PHASE_MEASURE, 3);
    if (connection == 1) {
      done.mutable_stage_done()->mutable_evidence()->add_events()->set_what("checkpoint (timed)");
    }
    Deliver(connection, done);
  }
};

TEST(RunControl, KeepsTheEvidenceOfTheMeasurePhaseAndNamesTheBottleneck) {
  Evident run(2);
  run.Run();
  ASSERT_TRUE(run.finished_);
  for (const v1::Leg& leg : run.control_->result().legs()) {
    ASSERT_EQ(leg.partitions_size(), 1);
    EXPECT_EQ(leg.partitions(0).attempts(), 20u) << "two agents, two seconds after the warm-up";
    ASSERT_EQ(leg.processes_size(), 2);  // one for each agent that saw them
    EXPECT_EQ(leg.processes(0).cpu_ns(), 200u);
    ASSERT_EQ(leg.evidence().events_size(), 1);
    EXPECT_EQ(leg.bottleneck().place(), v1::BOTTLENECK_PLACE_NONE) << leg.bottleneck().sentence();
    EXPECT_GT(leg.bottleneck().evidence_size(), 1);
  }
}

TEST(RunControl, ReachesEveryTargetBeforeAnythingIsCreated) {
  Rehearsal run(2);
  run.Run();
  ASSERT_GE(run.tasks_.size(), 3u);
  EXPECT_EQ(run.tasks_[0].task, v1::TASK_REACH);
  EXPECT_EQ(run.tasks_[1].task, v1::TASK_REACH);
  EXPECT_EQ(run.tasks_[2].task, v1::TASK_SET_UP);
  EXPECT_TRUE(run.tasks_[2].create);
  EXPECT_FALSE(run.tasks_[3].create) << "only one agent may drop and create the schema";
}

TEST(RunControl, StartsAllAgentsAtOneInstantOfTheirOwnClocks) {
  Rehearsal run(3);
  run.Run();
  // Skews are thousands of seconds; what is left is the uncertainty of the exchange.
  EXPECT_NEAR(run.starts_[1], run.starts_[2], 10);
  EXPECT_NEAR(run.starts_[1], run.starts_[3], 10);
}

TEST(RunControl, StopsBeforeAnyLoadWhenATargetCannotBeReached) {
  Rehearsal run(2);
  run.failing_task_ = v1::TASK_REACH;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_TRUE(run.control_->target_unreachable());
  EXPECT_TRUE(run.stages_.empty());
  EXPECT_EQ(run.control_->result().state(), v1::RUN_STATE_ABORTED);
  EXPECT_THAT(run.said_, Contains(HasSubstr("target left: password authentication failed")));
}

TEST(RunControl, GoesOnWithTheNextLegWhenOneFails) {
  Rehearsal run(2);
  run.failing_task_ = v1::TASK_VERIFY;
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.stages_, (std::vector<std::string>{"left", "right"}));
  EXPECT_EQ(run.control_->result().state(), v1::RUN_STATE_FINISHED);
  EXPECT_EQ(run.control_->result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunControl, CallsARunInvalidWhenTheDataReadBackDiffer) {
  Rehearsal run(1);
  run.verification_matches_ = false;
  run.Run();
  EXPECT_EQ(run.control_->result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunControl, RefusesAgentsWithDifferentPlans) {
  Rehearsal run(2);
  run.digests_[2] = "other";
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_TRUE(run.stages_.empty());
  EXPECT_THAT(run.control_->result().legs(0).failure(), HasSubstr("another plan"));
}

TEST(RunControl, RefusesALateAgentAndOneWithAnotherProtocol) {
  Rehearsal run(1);
  run.Join(7, /*protocol=*/99);
  EXPECT_EQ(run.goodbyes_[7].exit_code(), 64u);
  run.Join(1);
  run.Join(8);
  EXPECT_EQ(run.goodbyes_[8].exit_code(), 64u);
}

TEST(RunControl, GivesUpWhenAgentsDoNotJoinInTime) {
  Rehearsal run(2);
  run.Join(1);
  run.control_->OnTick(run.now_ + 121 * kNsPerSecond);
  EXPECT_TRUE(run.finished_);
  EXPECT_THAT(run.said_, Contains(HasSubstr("only 1 of 2 agents joined")));
}

// Stages that do not end by themselves.
class Endless : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    arm_ = arm;
    Deliver(connection, Interval(arm, v1::PHASE_LOAD, 0, 1));
  }
  void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    if (message.has_stop() && connection != deaf_)
      Deliver(connection, Done(arm_, v1::PHASE_LOAD, 1));
    Rehearsal::Answer(connection, message);
  }

  v1::Arm arm_;
  ConnectionId deaf_ = 0;
};

TEST(RunControl, KeepsWhatWasMeasuredWhenInterrupted) {
  Endless run(2);
  run.Run();
  ASSERT_FALSE(run.finished_);
  run.control_->Interrupt(run.now_);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  const v1::RunResult& result = run.control_->result();
  EXPECT_EQ(result.state(), v1::RUN_STATE_INTERRUPTED);
  EXPECT_EQ(result.legs(0).results(0).total().ok(), 20u);
  EXPECT_THAT(result.legs(1).failure(), HasSubstr("not run"));
}

TEST(RunControl, DoesNotWaitForEverForAnAgentThatDoesNotStop) {
  Endless run(2);
  run.deaf_ = 2;
  run.Run();
  run.control_->Interrupt(run.now_);
  run.Pump();
  EXPECT_FALSE(run.finished_);
  run.control_->OnTick(run.now_ + 4 * kNsPerSecond);
  EXPECT_TRUE(run.finished_);
}

TEST(RunControl, CallsARunInvalidWhenAnAgentIsLostAndStopsTheRest) {
  Endless run(3);
  run.Run();
  run.control_->OnDisconnected(2, run.now_);
  run.Pump();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.stops_, 2);
  const v1::RunResult& result = run.control_->result();
  EXPECT_EQ(result.state(), v1::RUN_STATE_ABORTED);
  EXPECT_EQ(result.verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(result.verdict().reasons(), Contains(HasSubstr("agent a2 was lost")));
}

TEST(RunControl, LosesAnAgentThatFallsSilent) {
  Endless run(2);
  run.Run();
  run.control_->OnTick(run.now_ + 6 * kNsPerSecond);
  run.Pump();
  run.control_->OnTick(run.now_ + 20 * kNsPerSecond);
  EXPECT_TRUE(run.finished_);
  EXPECT_EQ(run.control_->result().verdict().validity(), v1::VALIDITY_INVALID);
}

// Reports that come twice, or that do not add up.
class Careless : public Rehearsal {
 public:
  using Rehearsal::Rehearsal;
  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    const v1::Phase phase = arm.task() == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
    Deliver(connection, Interval(arm, phase, 0, 1));
    Deliver(connection, Interval(arm, phase, 0, 1));
    v1::AgentMessage done = Done(arm, phase, 1);
    if (miscount_) done.mutable_stage_done()->mutable_totals(0)->mutable_total()->set_ok(11);
    Deliver(connection, done);
  }
  bool miscount_ = false;
};

TEST(RunControl, CountsARepeatedReportOnce) {
  Careless run(1);
  run.Run();
  ASSERT_TRUE(run.finished_);
  EXPECT_EQ(run.control_->result().legs(0).results(0).total().ok(), 10u);
  EXPECT_EQ(run.control_->result().verdict().validity(), v1::VALIDITY_VALID);
}

TEST(RunControl, CallsARunInvalidWhenReportsDoNotAddUp) {
  Careless run(1);
  run.miscount_ = true;
  run.Run();
  EXPECT_EQ(run.control_->result().verdict().validity(), v1::VALIDITY_INVALID);
  EXPECT_THAT(run.control_->result().verdict().reasons(), Contains(HasSubstr("do not add up")));
}

TEST(ClockOffset, TrustsTheQuickestExchange) {
  ClockOffset clock;
  clock.Add(0, 1'000'500, 1'000'500, 5'000);        // slow, lopsided
  clock.Add(10'000, 1'010'050, 1'010'050, 10'100);  // quick
  clock.Add(20'000, 1'023'000, 1'023'000, 26'000);
  EXPECT_EQ(clock.offset_ns(), 1'000'000);
  EXPECT_EQ(clock.bound_ns(), 50);
}

}  // namespace
}  // namespace weir
