#include "reports/ru_demand.h"

#include <gtest/gtest.h>

#include <numeric>

namespace weir {
namespace {

void AddUse(int partition, uint64_t milli_ru, uint64_t refused, v1::Interval* second) {
  v1::PartitionUse* use = second->add_partitions();
  use->set_partition(partition);
  use->set_milli_ru(milli_ru);
  use->set_refused_milli_ru(refused);
}

TEST(RuDemand, OfASecondIsTheBusiestPartitionTimesThePartitions) {
  v1::Interval second;
  AddUse(0, 300'000, 0, &second);
  AddUse(2, 500'000, 20'000, &second);  // 20 RU of it for refusals
  EXPECT_DOUBLE_EQ(DemandIn(second, 4), 480 * 4);
}

TEST(RuDemand, WithoutPartitionsIsAllThatWasCharged) {
  v1::Interval second;
  second.add_operations()->mutable_tally()->set_milli_ru(1500);
  second.add_operations()->mutable_tally()->set_milli_ru(2500);
  EXPECT_DOUBLE_EQ(DemandIn(second, 0), 4);
}

TEST(RuDemand, PercentileIsNearestRank) {
  RuDemand demand;
  demand.ru_per_s.resize(100);
  std::iota(demand.ru_per_s.rbegin(), demand.ru_per_s.rend(), 1);  // 100 … 1
  EXPECT_EQ(demand.Percentile(0.99), 99);
  EXPECT_EQ(demand.Percentile(0.991), 100);
  EXPECT_EQ(demand.Percentile(1), 100);
  EXPECT_EQ(demand.Percentile(0.5), 50);
  EXPECT_EQ(RuDemand().Percentile(0.99), 0);
}

TEST(RuDemand, EveryHourHasItsPeakAlsoAShortLastOne) {
  RuDemand demand;
  demand.ru_per_s.assign(3601, 7);
  demand.ru_per_s[3599] = 40;
  demand.ru_per_s[3600] = 9;
  EXPECT_EQ(demand.HourPeaks(), (std::vector<double>{40, 9}));
}

}  // namespace
}  // namespace weir
