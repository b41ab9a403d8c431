#include "generators/logs_schema.h"

namespace weir {
namespace {

// Range conditions on the timestamp, with these two parameters.
Condition From(int parameter) { return {kLogsTimestamp, Comparison::kGreaterOrEqual, parameter}; }
Condition Until(int parameter) { return {kLogsTimestamp, Comparison::kLess, parameter}; }

QuerySpec RecentErrors() {
  QuerySpec query;
  query.name = "recent_errors";
  query.doc = "The last 50 errors of one service in a range of time.";
  query.parameters = {FieldType::kText, FieldType::kText, FieldType::kTimestamp,
                      FieldType::kTimestamp};
  query.where = {{kLogsService, Comparison::kEqual, 0},
                 {kLogsLevel, Comparison::kEqual, 1},
                 From(2),
                 Until(3)};
  query.order_by_field = kLogsTimestamp;
  query.descending = true;
  query.limit = 50;
  return query;
}

QuerySpec Trace() {
  QuerySpec query;
  query.name = "trace";
  query.doc = "All records of one trace, in order of time.";
  query.parameters = {FieldType::kText};
  query.where = {{kLogsTraceId, Comparison::kEqual, 0}};
  query.order_by_field = kLogsTimestamp;
  return query;
}

QuerySpec LevelCounts() {
  QuerySpec query;
  query.name = "level_counts";
  query.doc = "Records of one region by level and minute, in a range of time.";
  query.parameters = {FieldType::kText, FieldType::kTimestamp, FieldType::kTimestamp};
  query.where = {{kLogsRegion, Comparison::kEqual, 0}, From(1), Until(2)};
  query.group_by = {{kLogsLevel}, {kLogsTimestamp, true}};
  query.aggregates = {{AggregateKind::kCount}};
  return query;
}

QuerySpec TopPaths() {
  QuerySpec query;
  query.name = "top_paths";
  query.doc = "The 10 slowest paths of one service by their 95th percentile, in a range of time.";
  query.parameters = {FieldType::kText, FieldType::kTimestamp, FieldType::kTimestamp};
  query.where = {{kLogsService, Comparison::kEqual, 0}, From(1), Until(2)};
  query.group_by = {{kLogsPath}};
  query.aggregates = {{AggregateKind::kP95, kLogsLatencyUs}, {AggregateKind::kCount}};
  query.order_by_aggregate = 0;
  query.descending = true;
  query.limit = 10;
  return query;
}

}  // namespace

RecordSchema MakeLogsSchema() {
  RecordSchema schema;
  schema.name = "logs";
  schema.fields = {{"id", FieldType::kText},       {"timestamp", FieldType::kTimestamp},
                   {"service", FieldType::kText},  {"region", FieldType::kText},
                   {"host", FieldType::kText},     {"level", FieldType::kText},
                   {"trace_id", FieldType::kText}, {"user_id", FieldType::kInt64},
                   {"method", FieldType::kText},   {"path", FieldType::kText},
                   {"status", FieldType::kInt64},  {"latency_us", FieldType::kInt64},
                   {"bytes", FieldType::kInt64},   {"message", FieldType::kText}};
  schema.id_field = kLogsId;
  schema.partition_field = kLogsService;
  schema.indexes = {{kLogsService, kLogsLevel, kLogsTimestamp},
                    {kLogsTraceId, kLogsTimestamp},
                    {kLogsRegion, kLogsTimestamp},
                    {kLogsService, kLogsTimestamp}};
  schema.queries = {RecentErrors(), Trace(), LevelCounts(), TopPaths()};
  return schema;
}

}  // namespace weir
