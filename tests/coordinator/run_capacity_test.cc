// A search for capacity through RunControl, with agents that exist only here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/run_control.h"
#include "coordinator/run_program.h"
#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

v1::Campaign Searching() {
  v1::Campaign campaign = TwoTargets();
  campaign.mutable_targets()->RemoveLast();
  v1::Scenario* scenario = campaign.mutable_scenarios(0);
  v1::OpenLoop* open = scenario->mutable_shape()->mutable_open();
  open->mutable_rate()->set_operations(100);
  open->mutable_rate()->set_per_ns(kNsPerSecond);
  scenario->add_operations()->set_do_(v1::OPERATION_KIND_READ);
  v1::Capacity* capacity = campaign.mutable_capacity();
  capacity->mutable_objective()->mutable_response_p99()->set_ns(10 * kNsPerMs);
  capacity->mutable_objective()->set_errors(0.001);
  capacity->mutable_objective()->set_throttled(0.01);
  capacity->mutable_objective()->set_backlog(0.001);
  capacity->set_precision(0.1);
  capacity->mutable_settle()->set_ns(kNsPerSecond);
  capacity->mutable_step()->set_ns(10 * kNsPerSecond);
  capacity->mutable_confirm()->set_ns(20 * kNsPerSecond);
  capacity->set_confirmations(1);
  return campaign;
}

// Agents of a database that takes 1 ms up to 350 operations a second, and 100 ms beyond.
class Searchers : public Rehearsal {
 public:
  explicit Searchers(const v1::Campaign& campaign = Searching())
      : Rehearsal(SettingsFor(1), campaign) {}

  void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
    prepared_[prepare.leg()] = prepare;
    Rehearsal::Prepare(connection, prepare);
  }

  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    const v1::Scenario& scenario = prepared_[arm.leg()].campaign().scenarios(
        static_cast<int>(prepared_[arm.leg()].scenario()));
    if (arm.task() != v1::TASK_DRIVE) return Rehearsal::RunStage(connection, arm);
    const double rate = static_cast<double>(scenario.shape().open().rate().operations()) * 1e9 /
                        static_cast<double>(scenario.shape().open().rate().per_ns());
    driven_.push_back(rate);
    const double seconds = static_cast<double>(scenario.phases().measure().ns()) / 1e9;
    const auto planned = static_cast<uint64_t>(rate * seconds);
    v1::Tally total = Answers(planned, rate <= 350 ? kNsPerMs : 100 * kNsPerMs);
    v1::AgentMessage interval = Interval(arm, 0);
    *interval.mutable_interval()->mutable_interval()->mutable_operations(0)->mutable_tally() =
        total;
    Deliver(connection, interval);
    v1::AgentMessage done = Done(arm, 1);
    *done.mutable_stage_done()->mutable_totals(0)->mutable_total() = total;
    if (late_rates_.count(rate) > 0) {
      done.mutable_stage_done()->set_started_ns(arm.start_ns() + kNsPerSecond);
    }
    Deliver(connection, done);
  }

  static v1::Tally Answers(uint64_t count, int64_t response_ns) {
    Tally tally;
    tally.counts().set_planned(count);
    tally.counts().set_ok(count);
    tally.counts().set_attempts(count);
    tally.lag.RecordTimes(0, count);
    tally.response.RecordTimes(static_cast<uint64_t>(response_ns), count);
    tally.dispatch_response.RecordTimes(static_cast<uint64_t>(response_ns), count);
    return tally.ToProto();
  }

  std::vector<v1::Task> TasksOf(uint32_t leg) const {
    std::vector<v1::Task> tasks;
    for (const v1::JournalRecord& record : journal_) {
      const bool ours = record.has_prepare() && record.prepare().leg() == leg;
      if (ours) tasks.push_back(record.prepare().task());
    }
    return tasks;
  }

  std::map<uint32_t, v1::Prepare> prepared_;
  std::vector<double> driven_;
  std::set<double> late_rates_;
};

TEST(RunCapacity, DrivesTheScenarioAtOneRateAfterTheOther) {
  Searchers run;
  run.Run();
  ASSERT_TRUE(run.finished_);
  ASSERT_GT(run.driven_.size(), 5u);
  EXPECT_THAT(std::vector<double>(run.driven_.begin(), run.driven_.begin() + 5),
              ElementsAre(100, 200, 400, 300, 350));
  ASSERT_THAT(run.result().capacities(), SizeIs(1));
  const v1::CapacityResult& found = run.result().capacities(0);
  EXPECT_EQ(found.finding(), v1::CAPACITY_FINDING_CONFIRMED) << found.sentence();
  EXPECT_EQ(found.low_per_s(), 350);
  EXPECT_GT(found.high_per_s(), 350);
  EXPECT_LE(found.high_per_s(), 385);
  EXPECT_THAT(found.sentence(), HasSubstr("left sustains 350–"));
  EXPECT_THAT(found.sentence(), HasSubstr("at p99 ≤ 10 ms (CONFIRMED)"));
}

TEST(RunCapacity, ProbesThatMissTheObjectiveDoNotSpoilTheRun) {
  Searchers run;
  run.Run();
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID)
      << run.result().verdict().ShortDebugString();
}

TEST(RunCapacity, GivesEachProbeItsLengths) {
  Searchers run;
  run.Run();
  for (const v1::Leg& leg : run.result().legs()) {
    const v1::Phases& phases = run.prepared_[leg.index()].campaign().scenarios(0).phases();
    EXPECT_EQ(phases.warm_up().ns(), kNsPerSecond);
    const bool is_long = leg.probe().purpose() == v1::PROBE_PURPOSE_CONFIRM ||
                         leg.probe().purpose() == v1::PROBE_PURPOSE_REFUTE;
    EXPECT_EQ(phases.measure().ns(), (is_long ? 20 : 10) * kNsPerSecond);
  }
}

TEST(RunCapacity, LoadsOnceWhereNothingIsWritten) {
  Searchers run;
  run.Run();
  EXPECT_THAT(run.TasksOf(0), ElementsAre(v1::TASK_REACH, v1::TASK_SET_UP, v1::TASK_LOAD,
                                          v1::TASK_VERIFY, v1::TASK_DRIVE));
  EXPECT_THAT(run.TasksOf(1), ElementsAre(v1::TASK_SET_UP, v1::TASK_DRIVE));
}

TEST(RunCapacity, RestoresTheRecordsBeforeEachProbeOfAMixThatWrites) {
  v1::Campaign campaign = Searching();
  campaign.mutable_scenarios(0)->add_operations()->set_do_(v1::OPERATION_KIND_INSERT);
  Searchers run(campaign);
  run.Run();
  for (uint32_t leg = 1; leg < static_cast<uint32_t>(run.result().legs_size()); ++leg) {
    EXPECT_THAT(run.TasksOf(leg), ElementsAre(v1::TASK_SET_UP, v1::TASK_LOAD, v1::TASK_DRIVE));
  }
}

TEST(RunCapacity, RunsAProbeOnceMoreWhenAGateFailsThenSaysAtLeast) {
  Searchers run;
  run.late_rates_ = {400, 300, 350, 250, 275};  // every one above 200
  run.Run();
  ASSERT_TRUE(run.finished_);
  const v1::CapacityResult& found = run.result().capacities(0);
  EXPECT_EQ(found.finding(), v1::CAPACITY_FINDING_GENERATOR_LIMITED) << found.sentence();
  EXPECT_THAT(found.sentence(), HasSubstr("≥ 2"));
  EXPECT_THAT(std::vector<double>(run.driven_.begin(), run.driven_.begin() + 5),
              ElementsAre(100, 200, 400, 400, 300));
  EXPECT_TRUE(run.result().legs(2).set_aside());
  EXPECT_TRUE(run.result().legs(3).repeated());
  EXPECT_THAT(run.said_, Contains(HasSubstr("once more")));
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_VALID)
      << run.result().verdict().ShortDebugString();
}

TEST(RunCapacity, IsInvalidWhereNothingButTheGeneratorWasSeen) {
  Searchers run;
  for (double rate = 100; rate > 1; rate /= 2) run.late_rates_.insert(rate);
  run.Run();
  EXPECT_EQ(run.result().capacities(0).finding(), v1::CAPACITY_FINDING_NONE);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunCapacity, KeepsWhatWasFoundWhenTheUserInterrupts) {
  v1::Campaign campaign = Searching();
  class Interrupted : public Searchers {
   public:
    using Searchers::Searchers;
    void RunStage(ConnectionId connection, const v1::Arm& arm) override {
      Searchers::RunStage(connection, arm);
      if (driven_.size() == 3 && arm.task() == v1::TASK_DRIVE) control_->Interrupt(now_);
    }
  };
  Interrupted run(campaign);
  run.Run();
  run.Pass(10 * kNsPerSecond);
  ASSERT_TRUE(run.finished_);
  ASSERT_THAT(run.result().capacities(), SizeIs(1));
  EXPECT_EQ(run.result().capacities(0).finding(), v1::CAPACITY_FINDING_UNCONFIRMED);
  EXPECT_EQ(run.result().capacities(0).low_per_s(), 200);
}

// As when agents took up a plan of their own.
TEST(RunCapacity, EndsWhenAgentsOfferAnotherRate) {
  v1::Campaign campaign = Searching();
  class Stubborn : public Searchers {
   public:
    using Searchers::Searchers;
    void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
      v1::Prepare other = prepare;
      other.mutable_campaign()
          ->mutable_scenarios(0)
          ->mutable_shape()
          ->mutable_open()
          ->mutable_rate()
          ->set_operations(100);
      Searchers::Prepare(connection, other);
    }
  };
  Stubborn run(campaign);
  run.Run();
  EXPECT_THAT(run.driven_, SizeIs(2));
  EXPECT_EQ(run.result().capacities(0).finding(), v1::CAPACITY_FINDING_UNCONFIRMED);
  EXPECT_EQ(run.result().verdict().validity(), v1::VALIDITY_INVALID);
}

TEST(RunCapacity, SearchesOnEveryTarget) {
  v1::Campaign campaign = Searching();
  v1::Target* other = campaign.add_targets();
  other->set_name("right");
  other->mutable_null();
  Searchers run(campaign);
  run.Run();
  ASSERT_THAT(run.result().capacities(), SizeIs(2));
  EXPECT_EQ(run.result().capacities(1).target(), "right");
  EXPECT_EQ(run.result().capacities(1).finding(), v1::CAPACITY_FINDING_CONFIRMED);
}

}  // namespace
}  // namespace weir
