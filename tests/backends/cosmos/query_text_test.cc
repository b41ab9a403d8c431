#include "backends/cosmos/query_text.h"

#include <gtest/gtest.h>

#include "tests/support/sample_records.h"

namespace weir::cosmos {
namespace {

QueryPlan PlanOf(const char* name, int partition_field = SampleRecords::kRegion) {
  static const SampleRecords records;
  return PlanQuery(DocumentForm(records.schema(), partition_field),
                   *records.schema().FindQuery(name));
}

TEST(QueryText, PlainQueryStaysInThePartitionOfItsKey) {
  const QueryPlan plan = PlanOf("recent_in_region");
  EXPECT_EQ(plan.text,
            "SELECT TOP 20 * FROM c WHERE c.region = @p0 AND c.time >= @p1 AND c.time < @p2 "
            "ORDER BY c.time DESC");
  EXPECT_EQ(plan.key_parameter, 0);
  EXPECT_EQ(plan.merge, MergeKind::kCounted);
}

TEST(QueryText, SamePlanOverAnotherKeyFansOutAndMergesInOrder) {
  const QueryPlan plan = PlanOf("recent_in_region", SampleRecords::kUser);
  EXPECT_EQ(plan.key_parameter, -1);
  EXPECT_EQ(plan.merge, MergeKind::kOrdered);
}

TEST(QueryText, SelectsFields) {
  EXPECT_EQ(PlanOf("failed_with_ratio").text,
            "SELECT c.id, c.ratio FROM c WHERE c.failed = @p0 AND c.ratio > @p1 AND "
            "c.latency_us <= @p2");
}

TEST(QueryText, CountsAreGroupedByTheServer) {
  const QueryPlan plan = PlanOf("count_by_user_per_minute");
  EXPECT_EQ(plan.text,
            "SELECT c.user AS k0, LEFT(c.time, 16) AS k1, COUNT(1) AS a0 FROM c "
            "WHERE c.region = @p0 GROUP BY c.user, LEFT(c.time, 16)");
  EXPECT_EQ(plan.merge, MergeKind::kGrouped);
  EXPECT_FALSE(plan.groups_here);
}

TEST(QueryText, PercentilesFetchKeysAndValues) {
  const QueryPlan plan = PlanOf("slowest_users");
  EXPECT_EQ(plan.text, "SELECT c.user AS k0, c.latency_us AS a1 FROM c WHERE c.time >= @p0");
  EXPECT_TRUE(plan.groups_here);
}

TEST(QueryText, FetchesTheFieldItOrdersBy) {
  const SampleRecords records;
  QuerySpec spec;
  spec.select = {SampleRecords::kId};
  spec.order_by_field = SampleRecords::kTime;
  const DocumentForm form(records.schema(), SampleRecords::kRegion);
  EXPECT_EQ(PlanQuery(form, spec).text, "SELECT c.id, c.time FROM c ORDER BY c.time ASC");
}

TEST(QueryText, QuotesReservedWords) {
  RecordSchema schema;
  schema.fields = {{"id", FieldType::kText}, {"order", FieldType::kInt64}};
  schema.id_field = 0;
  QuerySpec spec;
  spec.select = {1};
  EXPECT_EQ(PlanQuery(DocumentForm(schema, 0), spec).text, "SELECT c[\"order\"] FROM c");
}

TEST(QueryText, BodyCarriesParametersAsJson) {
  const QueryPlan plan = PlanOf("recent_in_region");
  const Value parameters[] = {Value::Text("a\"b"), Value::Integer(0), Value::Integer(1'000'000)};
  std::string body;
  AppendQueryBody(plan, parameters, &body);
  EXPECT_EQ(body, "{\"query\":\"" + plan.text +
                      R"(","parameters":[{"name":"@p0","value":"a\"b"},)"
                      R"({"name":"@p1","value":"1970-01-01T00:00:00.000000Z"},)"
                      R"({"name":"@p2","value":"1970-01-01T00:00:01.000000Z"}]})");
}

}  // namespace
}  // namespace weir::cosmos
