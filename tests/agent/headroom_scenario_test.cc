// What is driven to prove headroom, for every kind of arrivals.
#include "agent/headroom_scenario.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kSecond = kNsPerSecond;

v1::Rate Rate(uint64_t per_second) {
  v1::Rate rate;
  rate.set_operations(per_second);
  rate.set_per_ns(kSecond);
  return rate;
}

v1::Scenario AtRate(uint64_t per_second) {
  v1::Scenario scenario;
  scenario.mutable_phases()->mutable_load()->set_batch(10);
  scenario.mutable_phases()->mutable_warm_up()->set_ns(60 * kSecond);
  scenario.mutable_phases()->mutable_measure()->set_ns(600 * kSecond);
  *scenario.mutable_shape()->mutable_open()->mutable_rate() = Rate(per_second);
  return scenario;
}

double PerSecond(const v1::Scenario& scenario) {
  const v1::Rate& rate = scenario.shape().open().rate();
  return static_cast<double>(rate.operations()) * 1e9 / static_cast<double>(rate.per_ns());
}

TEST(HeadroomScenario, RunsFasterForAShortTimeWithoutLoadAndWarmUp) {
  const v1::Scenario proof = HeadroomScenario(AtRate(2000), 1.5, 2 * kSecond);
  EXPECT_EQ(PerSecond(proof), 3000);
  EXPECT_FALSE(proof.phases().has_load());
  EXPECT_EQ(proof.phases().warm_up().ns(), 0);
  EXPECT_EQ(proof.phases().measure().ns(), 2 * kSecond);
}

TEST(HeadroomScenario, TakesStepsAndRampsAtTheirPeak) {
  v1::Scenario scenario = AtRate(0);
  v1::OpenLoop* open = scenario.mutable_shape()->mutable_open();
  open->clear_rate();
  *open->add_stages()->mutable_to() = Rate(100);
  *open->mutable_stages(0)->mutable_from() = Rate(900);
  *open->add_stages()->mutable_to() = Rate(400);
  const v1::Scenario proof = HeadroomScenario(scenario, 1.5, kSecond);
  EXPECT_EQ(PerSecond(proof), 1350);
  EXPECT_EQ(proof.shape().open().stages_size(), 0);
}

TEST(HeadroomScenario, TakesBurstsAsIfTheyNeverEnded) {
  v1::Scenario scenario = AtRate(100);
  scenario.mutable_shape()->mutable_open()->set_arrivals(v1::ARRIVAL_PROCESS_BURST);
  scenario.mutable_shape()->mutable_open()->mutable_burst()->set_factor(10);
  const v1::Scenario proof = HeadroomScenario(scenario, 1.5, kSecond);
  EXPECT_EQ(PerSecond(proof), 1500);
  EXPECT_EQ(proof.shape().open().arrivals(), v1::ARRIVAL_PROCESS_POISSON);
}

TEST(HeadroomScenario, TakesRecordedArrivalsAtTheirBusiestSecond) {
  const std::string path = absl::StrCat(::testing::TempDir(), "weir-headroom-", getpid());
  // One a second, and three within a second at the end.
  std::ofstream(path) << "0\n1000000000\n2000000000\n9000000000\n9300000000\n9600000000\n";
  v1::Scenario scenario = AtRate(0);
  v1::OpenLoop* open = scenario.mutable_shape()->mutable_open();
  open->clear_rate();
  open->set_arrivals(v1::ARRIVAL_PROCESS_REPLAY);
  open->mutable_replay()->set_path(path);
  open->mutable_replay()->set_speed_numerator(1);
  open->mutable_replay()->set_speed_denominator(1);
  EXPECT_EQ(PerSecond(HeadroomScenario(scenario, 1.5, kSecond)), 4.5);
  open->mutable_replay()->set_speed_denominator(4);  // a second lasts four
  EXPECT_EQ(PerSecond(HeadroomScenario(scenario, 1.5, kSecond)), 1.5);
  std::remove(path.c_str());
  EXPECT_EQ(HeadroomScenario(scenario, 1.5, kSecond).shape().open().arrivals(),
            v1::ARRIVAL_PROCESS_REPLAY)
      << "a file that cannot be read is named where the replay is made";
}

TEST(HeadroomScenario, RefusesAtOnceWhatNoWorkerCanStart) {
  EXPECT_TRUE(CheckHeadroom(20'000'000, 2 * kSecond, 1, 2).ok());
  const absl::Status refused = CheckHeadroom(150'000'000, 2 * kSecond, 1, 1);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(refused.message().find("7.5e+07 operations a second"), std::string::npos) << refused;
}

}  // namespace
}  // namespace weir
