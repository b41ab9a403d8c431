// The arithmetic of R35, worked out by hand beside each number.
#include "reports/bill.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

v1::CosmosPrices Prices() {
  v1::CosmosPrices prices;
  prices.mutable_manual_per_100_ru_hour()->set_amount(0.008);
  prices.mutable_manual_per_100_ru_hour()->set_source("a page");
  prices.mutable_manual_per_100_ru_hour_many_writes()->set_amount(0.016);
  prices.mutable_autoscale_per_100_ru_hour()->set_amount(0.012);
  prices.mutable_autoscale_per_100_ru_hour_many_writes()->set_amount(0.016);
  prices.mutable_serverless_per_million_ru()->set_amount(0.25);
  prices.mutable_storage_per_gb_month()->set_amount(0.25);
  prices.set_manual_step(100);
  prices.set_manual_least(400);
  prices.set_manual_per_gb(1);
  prices.set_autoscale_step(1000);
  prices.set_autoscale_floor(0.1);
  prices.set_autoscale_per_gb(10);
  prices.set_serverless_most(5000);
  return prices;
}

class Bill : public ::testing::Test {
 protected:
  const v1::CosmosPrices prices_ = Prices();
  CosmosTerms terms_{prices_, 1, false, 0.2};
  // 1,000 operations/s of 6 RU; the demand to be met is 8,000 RU/s, the highest second had 9,000.
  CosmosLoad load_{1000, 6000, 8000, {9000}, 50};
};

TEST_F(Bill, ManualThroughputIsTheDemandWithHeadroomRoundedUp) {
  EXPECT_EQ(ManualThroughput(terms_, load_), 9600u);  // 8,000 × 1.2
  load_.demand_ru_per_s = 8001;
  EXPECT_EQ(ManualThroughput(terms_, load_), 9700u);  // 9,601.2
  load_.demand_ru_per_s = 10;
  EXPECT_EQ(ManualThroughput(terms_, load_), 400u);  // the least that is sold
  load_.stored_gb = 1234;
  EXPECT_EQ(ManualThroughput(terms_, load_), 1300u);  // 1 RU/s for each GB
}

TEST_F(Bill, AutoscaleMaximaAreWholeThousands) {
  EXPECT_EQ(AutoscaleMaximum(terms_, load_), 10'000u);
  load_.demand_ru_per_s = 100;
  EXPECT_EQ(AutoscaleMaximum(terms_, load_), 1000u);
  load_.stored_gb = 150;
  EXPECT_EQ(AutoscaleMaximum(terms_, load_), 2000u);  // 10 RU/s for each GB
}

TEST_F(Bill, ManualIsPaidByTheHourWhetherItIsUsedOrNot) {
  const v1::CostLine line = ManualLine(terms_, load_, 9600);
  EXPECT_DOUBLE_EQ(line.throughput_per_hour(), 0.768);          // 96 × 0.008
  EXPECT_NEAR(line.storage_per_hour(), 0.017123287671, 1e-12);  // 50 × 0.25 ÷ 730
  EXPECT_NEAR(line.per_month(), 573.14, 1e-9);                  // 560.64 + 12.50
  EXPECT_NEAR(line.per_million(), 0.218089802131, 1e-9);  // 573.14 ÷ 730 ÷ 3.6 million × 1 million
  EXPECT_EQ(line.caution(), "");
  ASSERT_EQ(line.parts_size(), 2);
  EXPECT_EQ(line.parts(0).what(), "throughput");
  EXPECT_DOUBLE_EQ(line.parts(0).quantity(), 96);
  EXPECT_EQ(line.parts(0).price().source(), "a page");
}

TEST_F(Bill, AgreesWithTheExamplesThatMicrosoftPublishes) {
  load_.stored_gb = 0;
  // 1,000 RU/s: $0.08 an hour, $57.60 in 720 hours.
  EXPECT_NEAR(ManualLine(terms_, load_, 1000).per_hour() * 720, 57.60, 1e-9);
  // 2,500 RU/s for 24 hours: $4.80.
  EXPECT_NEAR(ManualLine(terms_, load_, 2500).per_hour() * 24, 4.80, 1e-9);
  // 500,000 request units, serverless: $0.125.
  load_.ru_per_s = 500'000 / 3600.0;
  EXPECT_NEAR(ServerlessLine(terms_, load_, 1).per_hour(), 0.125, 1e-12);
  // 10,000 RU/s and 250 GB in four regions, 720 hours: $576 + $1,728 and $62.50 + $187.50.
  const CosmosTerms four{prices_, 4, false, 0};
  load_.stored_gb = 250;
  const v1::CostLine line = ManualLine(four, load_, 10'000);
  EXPECT_NEAR(line.throughput_per_hour() * 720, 576 + 1728, 1e-9);
  EXPECT_NEAR(line.storage_per_hour() * kHoursPerMonth, 62.50 + 187.50, 1e-9);
  // The same where all four take writes: $1,152 + $3,456.
  const CosmosTerms writable{prices_, 4, true, 0};
  EXPECT_NEAR(ManualLine(writable, load_, 10'000).throughput_per_hour() * 720, 1152 + 3456, 1e-9);
}

TEST_F(Bill, AutoscalePaysTheHighestSecondOfEachHourAndATenthAtLeast) {
  // 9,000 of 10,000 RU/s: 90 × 0.012 × 730 = 788.40, and storage.
  EXPECT_NEAR(AutoscaleLine(terms_, load_, 10'000).per_month(), 788.40 + 12.50, 1e-9);
  // Hours of 9,000, of next to nothing (billed as 1,000) and of too much (billed as 10,000).
  load_.hour_peaks = {9000, 3, 14'000};
  EXPECT_NEAR(AutoscaleLine(terms_, load_, 10'000).throughput_per_hour(),
              (90 + 10 + 100) / 3.0 * 0.012, 1e-12);
  load_.hour_peaks.clear();
  EXPECT_NEAR(AutoscaleLine(terms_, load_, 10'000).throughput_per_hour(), 0.12, 1e-12);
}

TEST_F(Bill, ServerlessPaysEachRequestUnit) {
  const v1::CostLine line = ServerlessLine(terms_, load_, 2);
  EXPECT_NEAR(line.throughput_per_hour(), 5.4, 1e-12);  // 6,000 × 3,600 ÷ 1 million × 0.25
  EXPECT_NEAR(line.per_month(), 3942 + 12.50, 1e-9);
  EXPECT_EQ(line.caution(), "");
  // One partition serves 5,000 RU/s at the most, and 8,000 are asked for.
  EXPECT_NE(ServerlessLine(terms_, load_, 1).caution(), "");
}

TEST_F(Bill, TooLittleThroughputIsSaid) {
  EXPECT_EQ(ManualLine(terms_, load_, 4000).caution(),
            "less than the demand of 8,000 RU/s: requests are throttled");
}

TEST_F(Bill, AnotherRateTakesTheSameMixAndStoresTheSame) {
  const CosmosLoad half = load_.At(500);
  EXPECT_DOUBLE_EQ(half.ru_per_s, 3000);
  EXPECT_DOUBLE_EQ(half.demand_ru_per_s, 4000);
  EXPECT_DOUBLE_EQ(half.hour_peaks[0], 4500);
  EXPECT_DOUBLE_EQ(half.stored_gb, 50);
}

v1::PostgresPrices Instances() {
  v1::PostgresPrices prices;
  v1::InstancePrice* instance = prices.add_instances();
  instance->set_name("Standard_D4s_v3");
  instance->set_vcpus(4);
  instance->mutable_memory()->set_bytes(16ull << 30);
  instance->mutable_per_hour()->set_amount(0.39);
  prices.mutable_storage_per_gib_month()->set_amount(0.138);
  prices.mutable_iops_month()->set_amount(0.0052);
  return prices;
}

TEST_F(Bill, AnInstanceListsStorageIopsAndStandbyOneByOne) {
  v1::TargetCost target;
  target.set_instance("Standard_D4s_v3");
  target.set_iops(5000);
  target.set_high_availability(true);
  const v1::CostLine line = InstanceLine(Instances(), target, 128ull << 30, 1000);
  EXPECT_NEAR(line.throughput_per_hour() * kHoursPerMonth, 284.70, 1e-9);  // 0.39 × 730
  EXPECT_NEAR(line.storage_per_hour() * kHoursPerMonth, 17.664, 1e-9);     // 128 × 0.138
  // 5,000 × 0.0052 = 26 for IOPS, and the standby with its storage.
  EXPECT_NEAR(line.other_per_hour() * kHoursPerMonth, 26 + 284.70 + 17.664, 1e-9);
  EXPECT_NEAR(line.per_month(), 630.728, 1e-9);
  EXPECT_NEAR(line.per_million(), 630.728 / 730 / 3.6, 1e-12);
  std::vector<std::string> parts;
  double sum = 0;
  for (const v1::CostPart& part : line.parts()) {
    parts.push_back(part.what());
    sum += part.per_hour();
  }
  EXPECT_EQ(parts, (std::vector<std::string>{"instance", "storage", "IOPS", "standby",
                                             "standby's storage"}));
  for (const int machine : {0, 3}) {
    EXPECT_EQ(line.parts(machine).unit(), "Standard_D4s_v3 (4 vCPUs, 16.0 GiB)");
  }
  EXPECT_NEAR(sum, line.per_hour(), 1e-12);
}

TEST_F(Bill, WithoutASuccessThereIsNoCostPerMillion) {
  load_.operations_per_s = 0;
  EXPECT_EQ(ManualLine(terms_, load_, 9600).per_million(), 0);
}

}  // namespace
}  // namespace weir
