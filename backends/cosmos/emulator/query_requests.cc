#include "backends/cosmos/emulator/query_requests.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/query_continuation.h"
#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/plan.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

constexpr int64_t kDefaultPageRows = 100;
constexpr int64_t kServerChosenPageRows = 1000;  // when the client asks for −1
constexpr size_t kMaxQueryBytes = 512 << 10;

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

int64_t PageRows(const HttpRequest& request) {
  int64_t rows = 0;
  if (!absl::SimpleAtoi(Absl(request.Header(header::kMaxItemCount)), &rows))
    return kDefaultPageRows;
  return rows < 0 ? kServerChosenPageRows : std::max<int64_t>(1, rows);
}

HttpResponse QueryError(const Container& container, const absl::Status& status) {
  HttpResponse response =
      ErrorAnswer(absl::IsUnimplemented(status) ? 501 : 400, 0, std::string(status.message()));
  SetCharge(container.charges().Refused(), &response);
  return response;
}

std::string Metrics(const QueryPage& page, int64_t took_ns) {
  const double ms = static_cast<double>(took_ns) / kNsPerMs;
  return absl::StrFormat(
      "totalExecutionTimeInMs=%.2f;queryCompileTimeInMs=0.00;queryLogicalPlanBuildTimeInMs=0.00;"
      "queryPhysicalPlanBuildTimeInMs=0.00;queryOptimizationTimeInMs=0.00;VMExecutionTimeInMs=%.2f;"
      "indexLookupTimeInMs=0.00;documentLoadTimeInMs=0.00;systemFunctionExecuteTimeInMs=0.00;"
      "userFunctionExecuteTimeInMs=0.00;retrievedDocumentCount=%d;retrievedDocumentSize=0;"
      "outputDocumentCount=%d;outputDocumentSize=%d;writeOutputTimeInMs=0.00;"
      "indexUtilizationRatio=1.00",
      ms, ms, page.retrieved, page.count, page.rows.size());
}

}  // namespace

absl::StatusOr<PreparedQuery> QueryRequests::Prepare(const Container& container,
                                                     std::string_view body) {
  element root;
  std::string_view text;
  if (request_parser_.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      root["query"].get(text) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the body is not JSON with a query");
  }
  if (text.size() > kMaxQueryBytes) return absl::InvalidArgumentError("the query is too long");
  std::vector<sql::Parameter> parameters;
  simdjson::dom::array list;
  if (root["parameters"].get(list) == simdjson::SUCCESS) {
    for (const element parameter : list) {
      std::string_view name;
      element value;
      if (parameter["name"].get(name) != simdjson::SUCCESS ||
          parameter["value"].get(value) != simdjson::SUCCESS) {
        return absl::InvalidArgumentError("a parameter needs a name and a value");
      }
      parameters.push_back({std::string(name), sql::Value::FromJson(value).Own()});
    }
  }
  return PreparedQuery::Make(text, parameters, container.policy());
}

std::optional<QueryRequests::Target> QueryRequests::FindTarget(const Container& container,
                                                               const HttpRequest& request,
                                                               HttpResponse* error) {
  Target target{.range = {{}, EndOfKeySpace()}};
  target.range_id = request.Header(header::kPartitionKeyRangeId);
  const std::string_view key = request.Header(header::kPartitionKey);
  if (!target.range_id.empty()) {
    const Partition* partition = container.table().ById(target.range_id);
    if (partition == nullptr) {
      *error = RangeGoneAnswer(substatus::kPartitionKeyRangeGone);
      return std::nullopt;
    }
    target.range = partition->range();
  }
  if (key.empty()) return target;
  const auto levels = key_reader_.Read(key);
  if (!levels || levels->size() > container.key_paths().size()) {
    *error = ErrorAnswer(400, substatus::kPartitionKeyMismatch,
                         "the header x-ms-documentdb-partitionkey is not a key of this container");
    return std::nullopt;
  }
  if (levels->empty()) return target;
  const EffectivePartitionKey hash = HashPartitionKey(*levels);
  if (levels->size() == container.key_paths().size()) {
    target.scope.key = hash;
    if (target.range_id.empty()) target.range = {hash, hash};
    target.is_one_key = true;
  } else {
    target.scope.prefix = hash;
    if (target.range_id.empty()) target.range = {hash, EndOfPrefix(hash)};
  }
  return target;
}

HttpResponse QueryRequests::Run(const Container& container, const HttpRequest& request,
                                bool strong) {
  const auto prepared = Prepare(container, request.body);
  if (!prepared.ok()) return QueryError(container, prepared.status());
  HttpResponse error;
  const auto target = FindTarget(container, request, &error);
  if (!target) return error;
  if (!target->IsWithinOne(container.table())) {
    if (!request.HeaderIsTrue(header::kEnableCrossPartition)) {
      return ErrorAnswer(
          400, 0,
          "Cross partition query is required but disabled. Please set "
          "x-ms-documentdb-query-enablecrosspartition to true or name a partition key");
    }
    if (sql::NeedsMerging(prepared->query)) return Unmergeable(container, *prepared);
  }
  return RunPages(container, request, *prepared, *target, strong, false);
}

// What the gateway says to a query that only a client can merge, with the plan for it.
HttpResponse QueryRequests::Unmergeable(const Container& container, const PreparedQuery& prepared) {
  const auto plan = sql::PlanJson(prepared.query);
  if (!plan.ok()) return QueryError(container, plan.status());
  HttpResponse response = JsonAnswer(
      400, absl::StrCat(R"({"code":"BadRequest","message":"Cross partition query only supports )",
                        R"(filters and projections here: run it on each partition key range and )",
                        R"(merge.","additionalErrorInfo":)", JsonString(*plan), "}"));
  response.Set(header::kSubstatus, absl::StrCat(substatus::kCrossPartitionQuery));
  SetCharge(container.charges().Refused(), &response);
  return response;
}

HttpResponse QueryRequests::Plan(const Container& container, const HttpRequest& request) {
  const auto prepared = Prepare(container, request.body);
  if (!prepared.ok()) return QueryError(container, prepared.status());
  auto plan = sql::PlanJson(prepared->query);
  if (!plan.ok()) return QueryError(container, plan.status());
  HttpResponse response = JsonAnswer(200, *std::move(plan));
  SetCharge(container.charges().Metadata(), &response);
  return response;
}

HttpResponse QueryRequests::ReadFeed(const Container& container, const HttpRequest& request,
                                     bool strong) {
  const auto prepared = PreparedQuery::Make("SELECT * FROM c", {}, container.policy());
  HttpResponse error;
  const auto target = FindTarget(container, request, &error);
  if (!target) return error;
  return RunPages(container, request, *prepared, *target, strong, true);
}

HttpResponse QueryRequests::RunPages(const Container& container, const HttpRequest& request,
                                     const PreparedQuery& prepared, const Target& target,
                                     bool strong, bool is_feed) {
  const int64_t start_ns = MonotonicNs();
  const std::string_view token = request.Header(header::kContinuation);
  auto left = token.empty() ? QueryContinuation(target.range) : QueryContinuation::Parse(token);
  if (!left) return ErrorAnswer(400, 0, "the continuation token is malformed");
  if (!target.is_one_key) left->Clip(target.range);
  QueryPage page;
  page.most_rows = PageRows(request);
  QueryRun run(prepared, container, &item_parser_);
  CentiRu total = 0;
  bool touched = false;
  uint64_t lsn = 0;
  const Partition* last = nullptr;
  while (!left->IsDone() && !page.IsFull()) {
    const LockedPartition locked =
        target.range_id.empty() ? container.Lock(left->low()) : container.LockById(target.range_id);
    if (locked.partition == nullptr) return RangeGoneAnswer(locked.gone);
    Partition& partition = *locked.partition;
    if (!target.is_one_key && !left->CutAt(partition.range())) {
      return ErrorAnswer(400, 0,
                         "the continuation token is of a partition that has been split since, and "
                         "its order with it: run the query again without the token");
    }
    const int64_t now_ns = MonotonicNs();
    if (!partition.budget().Admits(now_ns)) {
      if (touched) break;
      return ThrottledAnswer(container.charges().Throttled(),
                             partition.budget().RetryAfterMs(now_ns));
    }
    CentiRu charge = 0;
    const bool done = run.Run(partition, target.scope, strong, left->position(), &page, &charge);
    if (is_feed) charge = container.charges().FeedPage(run.documents(), strong);
    partition.budget().Spend(charge);
    touched = true;
    total += charge;
    last = &partition;
    lsn = partition.lsn();
    if (!done) break;
    left->PopFirst();
  }
  HttpResponse response =
      JsonAnswer(200, absl::StrCat(R"({"_rid":")", container.ids().rid, R"(","Documents":[)",
                                   page.rows, R"(],"_count":)", page.count, "}"));
  if (!left->IsDone()) response.Set(header::kContinuation, left->Text());
  response.Set(header::kItemCount, absl::StrCat(page.count));
  if (last != nullptr) SetPartitionHeaders(container, *last, lsn, &response);
  SetCharge(total, &response);
  if (request.HeaderIsTrue(header::kPopulateQueryMetrics)) {
    response.Set(header::kQueryMetrics, Metrics(page, MonotonicNs() - start_ns));
  }
  if (is_feed) response.Set(header::kEtag, absl::StrCat("\"", lsn, "\""));
  return response;
}

}  // namespace weir::cosmos::emulator
