#include "coordinator/price_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "coordinator/cost_checks.h"
#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(PriceBook, WeirsOwnHasASourceAndADateForEveryPrice) {
  const v1::PriceBook& book = DefaultPriceBook();
  ASSERT_GE(book.regions_size(), 2);
  for (const v1::RegionPrices& region : book.regions()) {
    EXPECT_GT(region.cosmos().manual_per_100_ru_hour().amount(), 0);
    EXPECT_THAT(region.cosmos().autoscale_per_100_ru_hour().source(), testing::Not(IsEmpty()));
    EXPECT_THAT(region.cosmos().serverless_per_million_ru().date(), SizeIs(10));
    for (const v1::InstancePrice& instance : region.postgres().instances()) {
      EXPECT_THAT(instance.per_hour().date(), SizeIs(10)) << instance.name();
      EXPECT_THAT(instance.per_hour().source(), testing::Not(IsEmpty())) << instance.name();
    }
  }
}

TEST(PriceBook, APriceWithoutADateHasTheBooks) {
  const PriceBookReading reading = ReadPriceBookText(R"(
name: mine
date: "2026-10-01"
currency: EUR
regions:
  - name: home
    postgres:
      instances:
        - {name: small, vcpus: 2, memory: 8GiB, per_hour: {amount: 0.2, source: invoice}}
      storage_per_gib_month: {amount: 0.1, source: invoice, date: "2025-01-31"}
)",
                                                     "p.yaml");
  ASSERT_THAT(reading.problems, IsEmpty()) << ToString(reading.problems[0]);
  const v1::PostgresPrices& prices = reading.book.regions(0).postgres();
  EXPECT_EQ(prices.instances(0).per_hour().date(), "2026-10-01");
  EXPECT_EQ(prices.storage_per_gib_month().date(), "2025-01-31");
}

TEST(PriceBook, MistakesAreAllShownWithTheirPlaces) {
  const PriceBookReading reading = ReadPriceBookText(
      "name: mine\ndate: yesterday\ncurrency: dollars\nregions:\n  - name: home\n    cosmso: {}\n",
      "p.yaml");
  ASSERT_THAT(reading.problems, SizeIs(3));
  EXPECT_THAT(ToString(reading.problems[0]), HasSubstr("p.yaml:2:7: date"));
  EXPECT_THAT(ToString(reading.problems[1]), HasSubstr("p.yaml:3:11: currency"));
  EXPECT_THAT(ToString(reading.problems[2]), HasSubstr("did you mean 'cosmos'?"));
}

TEST(PriceBook, AFileThatIsNotThereIsSaid) {
  const PriceBookReading reading = ReadPriceBookFile("/nonexistent/p.yaml");
  ASSERT_THAT(reading.problems, SizeIs(1));
  EXPECT_EQ(ToString(reading.problems[0]),
            "/nonexistent/p.yaml: cannot read the price book: No such file or directory");
}

TEST(PriceBook, IsFoundBesideTheCampaignAndTheRegionMustBeOneOfIts) {
  const std::string folder = ::testing::TempDir();
  std::ofstream(folder + "/mine.yaml") << DefaultPriceBookText();
  v1::Campaign campaign;
  campaign.mutable_cost()->set_prices("mine.yaml");
  campaign.mutable_cost()->set_region("eastsu");
  const ChosenPrices wrong = ChoosePrices(campaign, folder + "/c.yaml", {});
  ASSERT_THAT(wrong.problems, SizeIs(1));
  EXPECT_THAT(wrong.problems[0].message, HasSubstr("did you mean 'eastus'?"));
  const ChosenPrices right = ChoosePrices(campaign, folder + "/c.yaml", {.region = "eastus"});
  EXPECT_THAT(right.problems, IsEmpty());
  EXPECT_EQ(right.region, "eastus");
  campaign.clear_cost();
  EXPECT_EQ(ChoosePrices(campaign, "c.yaml", {}).region, DefaultPriceBook().regions(0).name());
}

constexpr char kCosts[] = R"(
cost:
  targets:
    - name: pg
      regions: 2
    - name: cosmso
)";

TEST(CostChecks, NameWhatDoesNotGoTogether) {
  const std::string problems = Problems(kRichCampaign + std::string(kCosts));
  EXPECT_THAT(problems, HasSubstr("regions: only goes with a target that is Cosmos DB"));
  EXPECT_THAT(problems, HasSubstr("this target needs the key 'instance'"));
  EXPECT_THAT(problems, HasSubstr("no target is called 'cosmso'; did you mean 'cosmos'?"));
}

TEST(CostChecks, NameWhatThePriceBookHasNot) {
  CampaignReading reading = ReadCampaignText(kRichCampaign + std::string(R"(
cost:
  targets:
    - name: pg
      instance: Standard_D4s_v4
      iops: 100
)"),
                                             "c.yaml", {});
  ASSERT_THAT(reading.problems, IsEmpty()) << ToString(reading.problems[0]);
  v1::RegionPrices prices = DefaultPriceBook().regions(0);
  prices.mutable_postgres()->clear_iops_month();
  CheckPrices(prices, &reading);
  ASSERT_THAT(reading.problems, SizeIs(2));
  EXPECT_THAT(reading.problems[0].message, HasSubstr("did you mean 'Standard_D4s_v3'?"));
  EXPECT_THAT(reading.problems[1].message, HasSubstr("have none for IOPS"));
}

TEST(CostChecks, NameThatOneOfThePricesOfManyWriteRegionsIsNotThere) {
  CampaignReading reading = ReadCampaignText(kRichCampaign + std::string(R"(
cost:
  targets:
    - name: cosmos
      regions: 2
      many_write_regions: true
)"),
                                             "c.yaml", {});
  ASSERT_THAT(reading.problems, IsEmpty()) << ToString(reading.problems[0]);
  v1::RegionPrices prices = DefaultPriceBook().regions(0);
  prices.mutable_cosmos()->mutable_manual_per_100_ru_hour_many_writes()->set_amount(0.016);
  prices.mutable_cosmos()->clear_autoscale_per_100_ru_hour_many_writes();
  CheckPrices(prices, &reading);
  ASSERT_THAT(reading.problems, SizeIs(1));
  EXPECT_THAT(reading.problems[0].message, HasSubstr("have none for many write regions"));
}

}  // namespace
}  // namespace weir
