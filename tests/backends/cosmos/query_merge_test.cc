#include "backends/cosmos/query_merge.h"

#include <gtest/gtest.h>

#include "tests/support/sample_records.h"

namespace weir::cosmos {
namespace {

class QueryMergeTest : public ::testing::Test {
 protected:
  QueryMergeTest() : form_(records_.schema(), SampleRecords::kId), merge_(form_) {}

  void Start(const QuerySpec& spec) {
    plan_ = PlanQuery(form_, spec);
    merge_.Start(plan_);
  }
  void Start(const char* name) { Start(*records_.schema().FindQuery(name)); }
  void AddPage(std::string page) {
    const absl::Status added = merge_.AddPage(&page);
    ASSERT_TRUE(added.ok()) << added;
  }

  const SampleRecords records_;
  const DocumentForm form_;
  QueryMerge merge_;
  QueryPlan plan_{};
};

TEST_F(QueryMergeTest, OrdersRowsOfAllPartitionsAndCutsAtTheLimit) {
  QuerySpec spec;
  spec.order_by_field = SampleRecords::kTime;
  spec.descending = true;
  spec.limit = 3;
  Start(spec);
  AddPage(R"({"Documents":[{"id":"a","time":"2023-05"},{"id":"b","time":"2023-01"}]})");
  AddPage(R"({"Documents":[{"time":"2023-04","id":"c"},{"time":"2023-03","id":"d"}]})");
  AddPage(R"({"Documents":[]})");
  ASSERT_EQ(merge_.Finish(), 3u);
  EXPECT_EQ(merge_.OrderedRow(0), R"({"id":"a","time":"2023-05"})");
  EXPECT_EQ(merge_.OrderedRow(1), R"({"time":"2023-04","id":"c"})");
  EXPECT_EQ(merge_.OrderedRow(2), R"({"time":"2023-03","id":"d"})");
}

TEST_F(QueryMergeTest, OrdersNumbersAsNumbers) {
  QuerySpec spec;
  spec.order_by_field = SampleRecords::kLatency;
  Start(spec);
  AddPage(R"({"Documents":[{"latency_us":9},{"latency_us":100}]})");
  AddPage(R"({"Documents":[{"latency_us":-5},{"latency_us":10.5}]})");
  ASSERT_EQ(merge_.Finish(), 4u);
  EXPECT_EQ(merge_.OrderedRow(0), R"({"latency_us":-5})");
  EXPECT_EQ(merge_.OrderedRow(3), R"({"latency_us":100})");
}

TEST_F(QueryMergeTest, SumsCountsOfTheSameGroup) {
  Start("count_by_user_per_minute");
  AddPage(R"({"Documents":[{"k0":"u","k1":"m1","a0":3},{"k0":"u","k1":"m2","a0":1}]})");
  AddPage(R"({"Documents":[{"k0":"u","k1":"m1","a0":4},{"k0":"t","k1":"m1","a0":2}]})");
  ASSERT_EQ(merge_.Finish(), 3u);
  EXPECT_EQ(merge_.GroupedRow(0).keys[0], Scalar("t"));
  EXPECT_EQ(merge_.GroupedRow(1).keys[1], Scalar("m1"));
  EXPECT_EQ(merge_.GroupedRow(1).aggregates[0], 7);
  EXPECT_EQ(merge_.GroupedRow(2).aggregates[0], 1);
}

TEST_F(QueryMergeTest, KeysThatOnlyLookAlikeTogetherStayApart) {
  Start("count_by_user_per_minute");
  AddPage(R"({"Documents":[{"k0":"ab","k1":"c","a0":1},{"k0":"a","k1":"bc","a0":1},)"
          R"({"k0":"1","k1":"x","a0":1},{"k0":1,"k1":"x","a0":1}]})");
  EXPECT_EQ(merge_.Finish(), 4u);
}

TEST_F(QueryMergeTest, PercentilesComeFromTheRowsOfAllPartitions) {
  Start("slowest_users");
  std::string page = R"({"Documents":[{"k0":"slow","a1":1000})";
  for (int i = 1; i <= 20; ++i) page += R"(,{"k0":"fast","a1":)" + std::to_string(i) + "}";
  AddPage(page + "]}");
  AddPage(R"({"Documents":[{"k0":"slow","a1":10}]})");
  ASSERT_EQ(merge_.Finish(), 2u);
  EXPECT_EQ(merge_.GroupedRow(0).keys[0], Scalar("slow"));
  EXPECT_EQ(merge_.GroupedRow(0).aggregates, (std::vector<double>{2, 1000}));
  EXPECT_EQ(merge_.GroupedRow(1).aggregates, (std::vector<double>{20, 19}));
}

TEST_F(QueryMergeTest, EqualAggregatesAreCutByTheirKeys) {
  QuerySpec spec = *records_.schema().FindQuery("slowest_users");
  spec.limit = 1;
  Start(spec);
  AddPage(R"({"Documents":[{"k0":"b","a1":7},{"k0":"a","a1":7},{"k0":"c","a1":7}]})");
  ASSERT_EQ(merge_.Finish(), 1u);
  EXPECT_EQ(merge_.GroupedRow(0).keys[0], Scalar("a"));
}

TEST_F(QueryMergeTest, CountsPlainRowsUpToTheLimit) {
  QuerySpec spec;
  spec.limit = 3;
  Start(spec);
  AddPage(R"({"Documents":[{"id":"a","x":[1,2,{"y":"}"}]},{"id":"b"}]})");
  EXPECT_FALSE(merge_.HasEnough());
  AddPage(R"({"Documents":[{"id":"c"},{"id":"d"}]})");
  EXPECT_TRUE(merge_.HasEnough());
  EXPECT_EQ(merge_.Finish(), 3u);
}

TEST_F(QueryMergeTest, RefusesPagesThatAreNone) {
  Start("slowest_users");
  for (std::string page : {"", "[]", R"({"Documents":3})", R"({"Documents":[1]})",
                           R"({"Documents":[{"k0":"a"}]})", R"({"Documents":[{"a1":1}]})"}) {
    EXPECT_EQ(merge_.AddPage(&page).code(), absl::StatusCode::kDataLoss) << page;
  }
}

TEST(NearestRankP95, IsTheSmallestValueThat95PercentDoNotExceed) {
  const auto p95_of = [](int n) {
    std::vector<double> values;
    for (int i = n; i >= 1; --i) values.push_back(i);
    return NearestRankP95(&values);
  };
  EXPECT_EQ(p95_of(1), 1);
  EXPECT_EQ(p95_of(19), 19);
  EXPECT_EQ(p95_of(20), 19);
  EXPECT_EQ(p95_of(21), 20);
  EXPECT_EQ(p95_of(100), 95);
}

}  // namespace
}  // namespace weir::cosmos
