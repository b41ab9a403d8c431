#include "coordinator/throughput_scaler.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace weir {
namespace {

v1::ThroughputRule Rule() {
  v1::ThroughputRule rule;
  rule.set_least(400);
  rule.set_most(10'000);
  rule.set_target_utilisation(0.7);
  rule.set_step(2);
  rule.mutable_window()->set_ns(3'000'000'000);
  rule.mutable_cool_down()->set_ns(5'000'000'000);
  return rule;
}

// RU that each partition used in a second; with `throttled`, the first was throttled.
std::map<int32_t, v1::PartitionUse> Use(const std::vector<double>& ru, bool throttled = false) {
  std::map<int32_t, v1::PartitionUse> partitions;
  for (size_t i = 0; i < ru.size(); ++i) {
    v1::PartitionUse& use = partitions[static_cast<int32_t>(i)];
    use.set_milli_ru(static_cast<uint64_t>(ru[i] * 1000));
    use.set_throttled(throttled && i == 0 ? 3 : 0);
  }
  return partitions;
}

v1::ThroughputChanged Done(const ThroughputScaler& scaler) {
  v1::ThroughputChanged changed;
  changed.set_change(scaler.order()->number);
  changed.set_ru(scaler.order()->ru);
  return changed;
}

class ThroughputScalerTest : public ::testing::Test {
 protected:
  void Drive(uint32_t seconds, const std::map<int32_t, v1::PartitionUse>& use) {
    for (uint32_t i = 0; i < seconds; ++i) scaler_.Add(second_++, use);
  }

  v1::ThroughputRule rule_ = Rule();
  ThroughputScaler scaler_{rule_, {.provisioned_ru = 1000, .partitions = 2}};
  uint32_t second_ = 0;
};

TEST_F(ThroughputScalerTest, WaitsForAWholeWindow) {
  Drive(2, Use({500, 500}));
  EXPECT_FALSE(scaler_.order());
  Drive(1, Use({500, 500}));
  ASSERT_TRUE(scaler_.order());
  EXPECT_EQ(scaler_.order()->number, 1u);
  EXPECT_EQ(scaler_.order()->ru, 1500u);  // 1,000 · 1.0 ÷ 0.7, in hundreds
  EXPECT_NEAR(scaler_.changes()[0].utilisation(), 1.0, 1e-9);
}

TEST_F(ThroughputScalerTest, TheBusiestPartitionDecides) {
  Drive(3, Use({450, 10}));
  ASSERT_TRUE(scaler_.order());
  EXPECT_EQ(scaler_.order()->ru, 1300u);
}

TEST_F(ThroughputScalerTest, AHotPartitionIsMeasuredByItsShareThoughTheOthersAreIdle) {
  Drive(10, Use({300}));
  EXPECT_FALSE(scaler_.order());  // 0.6 of its 500 RU/s
}

TEST_F(ThroughputScalerTest, ThrottlingTakesTheLargestStep) {
  Drive(3, Use({350, 350}, true));
  ASSERT_TRUE(scaler_.order());
  EXPECT_EQ(scaler_.order()->ru, 2000u);
}

TEST_F(ThroughputScalerTest, ASpikeIsNoReason) {
  Drive(1, Use({250, 250}, true));
  Drive(2, Use({250, 250}));
  EXPECT_FALSE(scaler_.order());
}

TEST_F(ThroughputScalerTest, LowersWhatIsNotUsedDownToTheLeast) {
  Drive(3, Use({40, 40}));
  ASSERT_TRUE(scaler_.order());
  EXPECT_EQ(scaler_.order()->ru, 500u);  // one step
  scaler_.OnChanged(Done(scaler_), second_);
  Drive(9, Use({10, 10}));
  ASSERT_TRUE(scaler_.order());
  EXPECT_EQ(scaler_.order()->ru, 400u);
}

TEST_F(ThroughputScalerTest, NeverAboveTheMost) {
  rule_.set_most(1200);
  Drive(3, Use({500, 500}, true));
  EXPECT_EQ(scaler_.order()->ru, 1200u);
  scaler_.OnChanged(Done(scaler_), second_);
  Drive(20, Use({600, 600}, true));
  EXPECT_FALSE(scaler_.order());
}

TEST_F(ThroughputScalerTest, AsksOnceAndCoolsDownAfterTheAnswer) {
  Drive(6, Use({500, 500}));
  ASSERT_EQ(scaler_.changes().size(), 1u);
  v1::ThroughputChanged pending = Done(scaler_);
  pending.set_pending(true);
  scaler_.OnChanged(pending, second_);
  EXPECT_TRUE(scaler_.order());
  scaler_.OnChanged(Done(scaler_), second_);
  EXPECT_FALSE(scaler_.order());
  EXPECT_EQ(scaler_.changes()[0].done_second(), 6u);
  Drive(5, Use({750, 750}));  // seconds 6 … 10; the first still belongs to before
  EXPECT_FALSE(scaler_.order());
  Drive(1, Use({750, 750}));
  ASSERT_TRUE(scaler_.order());
  EXPECT_EQ(scaler_.order()->number, 2u);
  EXPECT_EQ(scaler_.changes()[1].from_ru(), 1500u);
}

TEST_F(ThroughputScalerTest, ARefusalIsRecordedAndTriedAgainAfterTheCoolDown) {
  Drive(3, Use({500, 500}));
  v1::ThroughputChanged refused = Done(scaler_);
  refused.set_error("423: another change is under way");
  scaler_.OnChanged(refused, second_);
  EXPECT_EQ(scaler_.changes()[0].error(), refused.error());
  EXPECT_EQ(scaler_.changes()[0].done_second(), 0u);
  Drive(5, Use({500, 500}));
  EXPECT_FALSE(scaler_.order());
  Drive(1, Use({500, 500}));
  EXPECT_EQ(scaler_.order()->number, 2u);
}

TEST_F(ThroughputScalerTest, AnAnswerToAnEarlierOrderChangesNothing) {
  Drive(3, Use({500, 500}));
  v1::ThroughputChanged other = Done(scaler_);
  other.set_change(7);
  scaler_.OnChanged(other, second_);
  EXPECT_TRUE(scaler_.order());
}

TEST_F(ThroughputScalerTest, ASplitChangesTheShare) {
  Drive(3, Use({500, 500}));
  v1::ThroughputChanged changed = Done(scaler_);
  changed.set_physical_partitions(3);
  scaler_.OnChanged(changed, second_);
  Drive(7, Use({300, 300, 300}));  // 0.6 of 500 each
  EXPECT_FALSE(scaler_.order());
}

}  // namespace
}  // namespace weir
