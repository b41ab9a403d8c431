// The throughput that follows the use: orders to the first agent, and what is kept of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/rehearsal.h"

namespace weir {
namespace {

using testing::HasSubstr;

// One target of 1,000 RU/s on two partitions, driven by one agent that uses 500 RU/s of each.
class Scaled : public Rehearsal {
 public:
  Scaled() : Rehearsal(SettingsFor(1), ScaledTarget()) {}

  static v1::Campaign ScaledTarget() {
    v1::Campaign campaign = TwoTargets();
    campaign.mutable_targets()->RemoveLast();
    v1::CosmosTarget* cosmos = campaign.mutable_targets(0)->mutable_cosmos();
    cosmos->mutable_scaling()->set_least(400);
    cosmos->mutable_scaling()->set_most(10'000);
    cosmos->mutable_scaling()->set_target_utilisation(0.7);
    cosmos->mutable_scaling()->set_step(2);
    cosmos->mutable_scaling()->mutable_window()->set_ns(2 * kNsPerSecond);
    return campaign;
  }

  void Prepare(ConnectionId connection, const v1::Prepare& prepare) override {
    if (prepare.task() != v1::TASK_SET_UP) return Rehearsal::Prepare(connection, prepare);
    v1::AgentMessage reply;
    v1::Prepared* prepared = reply.mutable_prepared();
    prepared->set_step(prepare.step());
    prepared->add_conditions()->set_name("throughput");
    prepared->set_provisioned_ru(1000);
    prepared->set_physical_partitions(2);
    Deliver(connection, reply);
  }

  void RunStage(ConnectionId connection, const v1::Arm& arm) override {
    if (arm.task() == v1::TASK_LOAD) return Rehearsal::RunStage(connection, arm);
    for (uint32_t second = 0; second < 2; ++second) Play(second);
  }

  void Play(uint32_t second) {
    v1::AgentMessage report = Interval(arms_[1], second);
    for (int partition = 0; partition < 2; ++partition) {
      v1::PartitionUse* use = report.mutable_interval()->mutable_interval()->add_partitions();
      use->set_partition(partition);
      use->set_milli_ru(500'000);
    }
    Deliver(1, report);
  }

  void Answer(ConnectionId connection, const v1::CoordinatorMessage& message) override {
    if (message.has_change_throughput()) orders_.push_back(message.change_throughput());
    Rehearsal::Answer(connection, message);
  }

  void Changed(const std::string& error) {
    v1::AgentMessage message;
    v1::ThroughputChanged* changed = message.mutable_throughput_changed();
    changed->set_step(orders_.back().step());
    changed->set_change(orders_.back().change());
    changed->set_ru(orders_.back().ru());
    changed->set_error(error);
    Deliver(1, message);
  }

  void ThroughputChanged(const v1::Leg&, uint64_t ru) override { provisioned_.push_back(ru); }

  std::vector<v1::ChangeThroughput> orders_;
  std::vector<uint64_t> provisioned_;  // as whoever watches is told
};

TEST(RunThroughput, OrdersAChangeUntilItIsAnsweredAndKeepsIt) {
  Scaled run;
  run.Run();
  run.Pass(2500 * kNsPerMs);
  ASSERT_GE(run.orders_.size(), 2u);  // repeated
  EXPECT_EQ(run.orders_[0].change(), 1u);
  EXPECT_EQ(run.orders_[0].ru(), 1500u);
  run.Changed("");
  const size_t orders = run.orders_.size();
  run.Pass(2500 * kNsPerMs);
  EXPECT_EQ(run.orders_.size(), orders);
  run.Deliver(1, Rehearsal::Done(run.arms_[1], 2));
  run.Pump();
  ASSERT_EQ(run.result().legs(0).throughput_changes_size(), 1);
  const v1::ThroughputChange& change = run.result().legs(0).throughput_changes(0);
  EXPECT_EQ(change.from_ru(), 1000u);
  EXPECT_EQ(change.to_ru(), 1500u);
  EXPECT_EQ(change.second(), 1u);
  EXPECT_GT(change.done_second(), 1u);
  EXPECT_EQ(run.provisioned_, std::vector<uint64_t>{1500});
}

TEST(RunThroughput, KeepsWhatTheDatabaseSaidWhenItRefused) {
  Scaled run;
  run.Run();
  run.Pass(100 * kNsPerMs);
  ASSERT_FALSE(run.orders_.empty());
  run.Changed("423: another change is under way");
  run.Deliver(1, Rehearsal::Done(run.arms_[1], 2));
  run.Pump();
  ASSERT_EQ(run.result().legs(0).throughput_changes_size(), 1);
  EXPECT_THAT(run.result().legs(0).throughput_changes(0).error(), HasSubstr("423"));
  EXPECT_TRUE(run.provisioned_.empty());
}

}  // namespace
}  // namespace weir
