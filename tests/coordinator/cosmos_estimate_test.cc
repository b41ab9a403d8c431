#include "coordinator/cli/cosmos_estimate.h"

#include <gtest/gtest.h>

#include "coordinator/cli/budget_estimate.h"
#include "coordinator/cli/query_sample.h"
#include "coordinator/price_book.h"
#include "tests/coordinator/campaign_text.h"

namespace weir {
namespace {

class CosmosEstimateTest : public ::testing::Test {
 protected:
  CosmosEstimate Of(const std::vector<std::string>& sets = {}) {
    campaign_ = ReadCampaignText(kRichCampaign, "f", sets).campaign;
    dataset_ = *MakeDataset(campaign_.dataset(), campaign_.seed());
    return CosmosEstimate(campaign_.targets(3).cosmos(), *dataset_, campaign_.dataset().records(),
                          campaign_.seed());
  }
  OperationType Type(v1::OperationKind kind, const char* query = nullptr) const {
    OperationType type{"x", kind, 1, 1, nullptr, ""};
    if (query != nullptr) type.query = dataset_->schema().FindQuery(query);
    return type;
  }

  v1::Campaign campaign_;
  std::unique_ptr<Dataset> dataset_;
};

TEST_F(CosmosEstimateTest, ChargesByTheModel) {
  const CosmosEstimate estimate = Of();
  EXPECT_DOUBLE_EQ(estimate.OperationRu(Type(v1::OPERATION_KIND_READ)), 1.0);
  // 4.95 + 0.45 per KB (about 0.55) + 0.45 for each of id, service, level, timestamp, trace,
  // region.
  EXPECT_NEAR(estimate.OperationRu(Type(v1::OPERATION_KIND_INSERT)), 7.9, 0.2);
  EXPECT_GT(estimate.OperationRu(Type(v1::OPERATION_KIND_UPSERT)),
            estimate.OperationRu(Type(v1::OPERATION_KIND_INSERT)));
}

TEST_F(CosmosEstimateTest, StrongReadsCostTwice) {
  const CosmosEstimate estimate = Of({"targets.cosmos.cosmos.consistency=strong"});
  EXPECT_DOUBLE_EQ(estimate.OperationRu(Type(v1::OPERATION_KIND_READ)), 2.0);
}

TEST_F(CosmosEstimateTest, MoreIndexesCostMorePerWrite) {
  const double none = Of({"targets.cosmos.cosmos.indexes=none"}).InsertRu(1);
  const double queried = Of().InsertRu(1);
  const double all = Of({"targets.cosmos.cosmos.indexes=all"}).InsertRu(1);
  EXPECT_LT(none, queried);
  EXPECT_LT(queried, all);
  EXPECT_DOUBLE_EQ(Of().InsertRu(10), 10 * queried);
}

TEST_F(CosmosEstimateTest, AQueryAcrossPartitionsPaysForEach) {
  const double one = Of().OperationRu(Type(v1::OPERATION_KIND_QUERY, "trace"));
  const CosmosEstimate five = Of({"targets.cosmos.cosmos.throughput=30000"});
  EXPECT_EQ(five.partitions(), 5);
  EXPECT_GT(five.OperationRu(Type(v1::OPERATION_KIND_QUERY, "trace")), one + 4 * 2.2);
  EXPECT_NEAR(five.OperationRu(Type(v1::OPERATION_KIND_QUERY, "recent_errors")),
              Of().OperationRu(Type(v1::OPERATION_KIND_QUERY, "recent_errors")), 0.01);
}

TEST_F(CosmosEstimateTest, UnevenKeysMakeLessUsable) {
  const CosmosEstimate few =
      Of({"targets.cosmos.cosmos.throughput=30000", "dataset.logs.services=2"});
  EXPECT_GE(few.busiest_share(), 0.5);
  EXPECT_LE(few.UsableRu(), 30000 / 2.5);
  EXPECT_DOUBLE_EQ(Of().UsableRu(), 4000);
}

TEST(QuerySample, CountsWhatAQueryWouldFind) {
  const v1::Campaign campaign = ReadCampaignText(kRichCampaign, "f", {}).campaign;
  const auto dataset = *MakeDataset(campaign.dataset(), campaign.seed());
  const RecordSchema& schema = dataset->schema();
  const std::vector<double> matches = SampleMatches(*dataset, 5000, 1);
  for (size_t i = 0; i < schema.queries.size(); ++i) {
    EXPECT_GT(matches[i], 0) << schema.queries[i].name;
    if (schema.queries[i].name != "trace") continue;
    EXPECT_NEAR(matches[i], 8, 0.01);  // records_per_trace
  }
}

TEST(BudgetEstimate, CountsTheRoundsThatAnExtensionMayAdd) {
  v1::Campaign campaign = ReadCampaignText(kRichCampaign, "f", {}).campaign;
  campaign.mutable_compare()->set_rounds(8);
  const v1::RegionPrices& prices = DefaultPriceBook().regions(0);
  const auto once = EstimateUse(campaign, prices);
  campaign.mutable_compare()->set_extend(true);
  const auto extended = EstimateUse(campaign, prices);
  ASSERT_TRUE(once.ok() && extended.ok()) << once.status();
  EXPECT_GT(once->ru, 0);
  EXPECT_DOUBLE_EQ(extended->ru, 2 * once->ru);
  EXPECT_DOUBLE_EQ(extended->money, 2 * once->money);
}

TEST(BudgetEstimate, SaysThatItCountsASearchAsOneRun) {
  v1::Campaign campaign = ReadCampaignText(kRichCampaign, "f", {}).campaign;
  campaign.mutable_budget()->set_ru(1e9);
  const ChosenPrices prices{DefaultPriceBook(), DefaultPriceBook().regions(0).name(), {}};
  EXPECT_EQ(BudgetText(campaign, prices).find("a search"), std::string::npos);
  campaign.mutable_capacity();
  EXPECT_NE(BudgetText(campaign, prices).find(", a search counted as one run"), std::string::npos);
}

}  // namespace
}  // namespace weir
