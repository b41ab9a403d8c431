#include "coordinator/measure_sums.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/clock.h"

namespace weir {
namespace {

v1::ProcessSample Sample(uint32_t agent, const char* name, uint64_t cpu_ns, uint64_t bytes) {
  v1::ProcessSample sample;
  sample.set_agent(agent);
  sample.set_name(name);
  sample.set_processes(2);
  sample.set_cpu_ns(cpu_ns);
  sample.set_resident_bytes(bytes);
  return sample;
}

MergedSecond Second(uint32_t number) {
  MergedSecond second;
  second.second = number;
  v1::PartitionUse& use = second.partitions[3];
  use.set_partition(3);
  use.set_attempts(10);
  use.set_milli_ru(500);
  second.processes = {Sample(0, "postgres", 100, number * 1'000)};
  return second;
}

// Keeps the seconds, as the results store does.
class Keeper final : public KeptSeconds {
 public:
  void Keep(v1::Phase stage, const MergedSecond& second) {
    kept_.emplace_back(stage, second.ToProto());
  }
  absl::Status ReadBack(
      const v1::Leg&,
      absl::FunctionRef<absl::Status(v1::Phase, const v1::Interval&)> visit) override {
    for (const auto& [stage, second] : kept_) {
      if (const absl::Status status = visit(stage, second); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  std::vector<std::pair<v1::Phase, v1::Interval>> kept_;
};

TEST(MeasureSums, FollowsAPhaseThatTurnedOutToBeginLater) {
  Keeper keeper;
  v1::Leg leg;
  MeasureSums sums(1, 10);
  keeper.Keep(v1::PHASE_LOAD, Second(7));
  for (uint32_t second = 0; second < 10; ++second) {
    keeper.Keep(v1::PHASE_MEASURE, Second(second));
    sums.Add(Second(second));
  }
  leg.mutable_steadiness()->set_cut_seconds(5);
  sums.Record(keeper, &leg);
  EXPECT_EQ(leg.partitions(0).attempts(), 40u);  // seconds 6 … 9
  EXPECT_EQ(leg.processes(0).cpu_ns(), 400u);
}

TEST(MeasureSums, LeavesOutTheWarmUpAndProcessesAfterTheEnd) {
  v1::Scenario scenario;
  scenario.mutable_phases()->mutable_warm_up()->set_ns(2 * kNsPerSecond);
  scenario.mutable_phases()->mutable_measure()->set_ns(3 * kNsPerSecond);
  MeasureSums sums = MeasureSums::Of(scenario);
  for (uint32_t second = 0; second < 7; ++second) sums.Add(Second(second));
  Keeper nothing;
  v1::Leg leg;
  sums.Record(nothing, &leg);
  ASSERT_EQ(leg.partitions_size(), 1);
  EXPECT_EQ(leg.partitions(0).partition(), 3);
  EXPECT_EQ(leg.partitions(0).attempts(), 50u);  // seconds 2 … 6
  EXPECT_EQ(leg.partitions(0).milli_ru(), 2'500u);
  ASSERT_EQ(leg.processes_size(), 1);
  EXPECT_EQ(leg.processes(0).name(), "postgres");
  EXPECT_EQ(leg.processes(0).cpu_ns(), 300u);  // seconds 2 … 4
  EXPECT_EQ(leg.processes(0).resident_bytes(), 4'000u);
  EXPECT_EQ(leg.processes(0).processes(), 2u);
}

TEST(MeasureSums, KeepsAgentsAndNamesApart) {
  MeasureSums sums(0, 10);
  MergedSecond second;
  second.processes = {Sample(0, "postgres", 1, 1), Sample(1, "postgres", 2, 1),
                      Sample(0, "weir cosmos-emulator", 4, 1)};
  sums.Add(second);
  Keeper nothing;
  v1::Leg leg;
  sums.Record(nothing, &leg);
  EXPECT_EQ(leg.processes_size(), 3);
}

}  // namespace
}  // namespace weir
