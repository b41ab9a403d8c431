// Names of the REST headers and the substatus codes of Cosmos DB for NoSQL, as the gateway uses
// them.
#pragma once

#include <string_view>

namespace weir::cosmos {

// Lower case; HTTP compares names without case.
namespace header {
inline constexpr std::string_view kActivityId = "x-ms-activity-id";
inline constexpr std::string_view kAIm = "a-im";
inline constexpr std::string_view kAltContentPath = "x-ms-alt-content-path";
inline constexpr std::string_view kAuthorization = "authorization";
inline constexpr std::string_view kAutopilotSettings = "x-ms-cosmos-offer-autopilot-settings";
inline constexpr std::string_view kBatchAtomic = "x-ms-cosmos-batch-atomic";
inline constexpr std::string_view kBatchContinueOnError = "x-ms-cosmos-batch-continue-on-error";
inline constexpr std::string_view kChargeBasis = "x-weir-charge-basis";
inline constexpr std::string_view kChargeExplanation = "x-weir-charge-explanation";
inline constexpr std::string_view kConsistencyLevel = "x-ms-consistency-level";
inline constexpr std::string_view kContentPath = "x-ms-content-path";
inline constexpr std::string_view kContentType = "content-type";
inline constexpr std::string_view kContinuation = "x-ms-continuation";
inline constexpr std::string_view kDate = "x-ms-date";
inline constexpr std::string_view kEnableCrossPartition =
    "x-ms-documentdb-query-enablecrosspartition";
inline constexpr std::string_view kEndEpk = "x-ms-end-epk";
inline constexpr std::string_view kEtag = "etag";
inline constexpr std::string_view kExplain = "x-weir-explain";
inline constexpr std::string_view kHost = "host";
inline constexpr std::string_view kIfMatch = "if-match";
inline constexpr std::string_view kIfModifiedSince = "if-modified-since";
inline constexpr std::string_view kIfNoneMatch = "if-none-match";
inline constexpr std::string_view kIndexTransformationProgress =
    "x-ms-documentdb-collection-index-transformation-progress";
inline constexpr std::string_view kIndexingDirective = "x-ms-indexing-directive";
inline constexpr std::string_view kIsBatchRequest = "x-ms-cosmos-is-batch-request";
inline constexpr std::string_view kIsQuery = "x-ms-documentdb-isquery";
inline constexpr std::string_view kIsQueryPlanRequest = "x-ms-cosmos-is-query-plan-request";
inline constexpr std::string_view kIsUpsert = "x-ms-documentdb-is-upsert";
inline constexpr std::string_view kItemCount = "x-ms-item-count";
inline constexpr std::string_view kLsn = "lsn";
inline constexpr std::string_view kMaxItemCount = "x-ms-max-item-count";
inline constexpr std::string_view kMigrateToAutopilot = "x-ms-cosmos-migrate-offer-to-autopilot";
inline constexpr std::string_view kMigrateToManual =
    "x-ms-cosmos-migrate-offer-to-manual-throughput";
inline constexpr std::string_view kMinThroughput = "x-ms-cosmos-min-throughput";
inline constexpr std::string_view kOfferReplacePending = "x-ms-offer-replace-pending";
inline constexpr std::string_view kOfferThroughput = "x-ms-offer-throughput";
inline constexpr std::string_view kPartitionKey = "x-ms-documentdb-partitionkey";
inline constexpr std::string_view kPartitionKeyRangeId = "x-ms-documentdb-partitionkeyrangeid";
inline constexpr std::string_view kIndexUtilization = "x-ms-cosmos-index-utilization";
inline constexpr std::string_view kPopulateIndexMetrics = "x-ms-cosmos-populateindexmetrics";
inline constexpr std::string_view kPopulateIndexMetricsV2 = "x-ms-cosmos-populateindexmetrics-v2";
inline constexpr std::string_view kPopulateQueryMetrics = "x-ms-documentdb-populatequerymetrics";
inline constexpr std::string_view kPopulateQuotaInfo = "x-ms-documentdb-populatequotainfo";
inline constexpr std::string_view kPostTrigger = "x-ms-documentdb-post-trigger-include";
inline constexpr std::string_view kPreTrigger = "x-ms-documentdb-pre-trigger-include";
inline constexpr std::string_view kPrefer = "prefer";
inline constexpr std::string_view kQueryMetrics = "x-ms-documentdb-query-metrics";
inline constexpr std::string_view kRequestCharge = "x-ms-request-charge";
inline constexpr std::string_view kResourceQuota = "x-ms-resource-quota";
inline constexpr std::string_view kResourceUsage = "x-ms-resource-usage";
inline constexpr std::string_view kRequestDurationMs = "x-ms-request-duration-ms";
inline constexpr std::string_view kRetryAfterMs = "x-ms-retry-after-ms";
inline constexpr std::string_view kServiceVersion = "x-ms-serviceversion";
inline constexpr std::string_view kSessionToken = "x-ms-session-token";
inline constexpr std::string_view kStartEpk = "x-ms-start-epk";
inline constexpr std::string_view kSubstatus = "x-ms-substatus";
inline constexpr std::string_view kSupportedQueryFeatures = "x-ms-cosmos-supported-query-features";
inline constexpr std::string_view kVersion = "x-ms-version";
}  // namespace header

// Values of headers.
inline constexpr std::string_view kApiVersion = "2018-12-31";
inline constexpr std::string_view kQueryContentType = "application/query+json";
inline constexpr std::string_view kJsonContentType = "application/json";
inline constexpr std::string_view kReturnMinimal = "return=minimal";

// x-ms-substatus, and "subStatusCode" of an operation in a batch.
namespace substatus {
inline constexpr int kPartitionKeyMismatch = 1001;      // 400
inline constexpr int kCrossPartitionQuery = 1004;       // 400
inline constexpr int kWrongContainerRid = 1024;         // 400
inline constexpr int kReadSessionNotAvailable = 1002;   // 404
inline constexpr int kOwnerNotFound = 1003;             // 404
inline constexpr int kNameCacheStale = 1000;            // 410
inline constexpr int kPartitionKeyRangeGone = 1002;     // 410
inline constexpr int kCompletingSplit = 1007;           // 410
inline constexpr int kThroughputExceeded = 3200;        // 429
inline constexpr int kThroughputBucketExceeded = 3212;  // 429
}  // namespace substatus

// What one request may hold.
inline constexpr int kMaxBatchOperations = 100;
inline constexpr int kSdkMaxBulkBytes = 220'201;  // where the official SDKs cut a bulk request
inline constexpr int kMaxRequestBytes = 2 * 1024 * 1024;

}  // namespace weir::cosmos
