// What is driven as a canary.
#include "agent/canary_scenario.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace weir {
namespace {

TEST(CanaryScenario, IsTheSameWorkInAClosedLoopWithoutLoadAndWarmUp) {
  v1::Scenario scenario;
  scenario.mutable_phases()->mutable_load()->set_batch(10);
  scenario.mutable_phases()->mutable_warm_up()->set_ns(kNsPerSecond);
  scenario.mutable_phases()->mutable_measure()->set_ns(60 * kNsPerSecond);
  scenario.mutable_shape()->mutable_open()->mutable_rate()->set_operations(5);
  scenario.add_operations()->set_do_(v1::OPERATION_KIND_READ);
  const v1::Scenario canary = CanaryScenario(scenario, 3, 2 * kNsPerSecond);
  EXPECT_FALSE(canary.phases().has_load());
  EXPECT_EQ(canary.phases().warm_up().ns(), 0);
  EXPECT_EQ(canary.phases().measure().ns(), 2 * kNsPerSecond);
  ASSERT_TRUE(canary.shape().has_closed());
  EXPECT_EQ(canary.shape().closed().think_time().ns(), 0);
  EXPECT_EQ(canary.shape().closed().sessions() % 3, 0u) << "every agent has as many";
  EXPECT_EQ(canary.operations_size(), 1);
}

}  // namespace
}  // namespace weir
