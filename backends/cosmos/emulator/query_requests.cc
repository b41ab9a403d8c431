#include "backends/cosmos/emulator/query_requests.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/query_continuation.h"
#include "backends/cosmos/emulator/query_metrics.h"
#include "backends/cosmos/emulator/session_token.h"
#include "backends/cosmos/emulator/sql/analysis.h"
#include "backends/cosmos/emulator/sql/error.h"
#include "backends/cosmos/emulator/sql/plan.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kDefaultPageRows = 100;
constexpr int64_t kServerChosenPageRows = 1000;  // when the client asks for −1

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

int64_t PageRows(const HttpRequest& request) {
  int64_t rows = 0;
  if (!absl::SimpleAtoi(Absl(request.Header(header::kMaxItemCount)), &rows))
    return kDefaultPageRows;
  return rows < 0 ? kServerChosenPageRows : std::max<int64_t>(1, rows);
}

// Errors of the query's text are the service's JSON (sql/error.h) and stand where it puts them.
HttpResponse QueryFailure(const Container& container, const absl::Status& status) {
  const std::string message(status.message());
  const bool is_list = message.starts_with("{\"errors\"");
  HttpResponse response = ErrorAnswer(absl::IsUnimplemented(status) ? 501 : 400, 0,
                                      is_list ? absl::StrCat("Message: ", message) : message);
  SetCharge(container.charges().Refused(), &response);
  return response;
}

sql::PlannedRange PlannedRangeOf(const KeyRange& range, bool is_one_key) {
  return {range.low.ToHex(), is_one_key ? range.low.ToHex() : range.high.ToHex(), is_one_key};
}

}  // namespace

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

void QueryRequests::Narrow(const Container& container, const PreparedQuery& prepared,
                           Target* target) {
  if (target->scope.key || target->scope.prefix || !target->range_id.empty()) return;
  std::vector<PartitionKeyValue> levels;
  std::vector<sql::EqualityFilter> equalities;
  for (const sql::Expression* part : sql::Conjuncts(prepared.query.where.get())) {
    auto equality = sql::EqualityOf(*part);
    if (equality) equalities.push_back(*std::move(equality));
  }
  for (const PropertyPath& path : container.key_paths()) {
    const auto found = std::find_if(equalities.begin(), equalities.end(),
                                    [&](const auto& equality) { return equality.path == path; });
    if (found == equalities.end()) break;
    levels.push_back(ScalarOf(found->value));
  }
  if (levels.empty()) return;
  const EffectivePartitionKey hash = HashPartitionKey(levels);
  if (levels.size() == container.key_paths().size()) {
    target->scope.key = hash;
    target->range = {hash, hash};
    target->is_one_key = true;
  } else {
    target->scope.prefix = hash;
    target->range = {hash, EndOfPrefix(hash)};
  }
}

HttpResponse QueryRequests::Run(const Container& container, const HttpRequest& request,
                                bool strong) {
  const auto prepared = cache_.Prepare(request.body, container.policy());
  if (!prepared.ok()) return QueryFailure(container, prepared.status());
  HttpResponse error;
  auto target = FindTarget(container, request, &error);
  if (!target) return error;
  Narrow(container, **prepared, &*target);
  if ((*prepared)->kind == PreparedQuery::Kind::kOnce && target->range_id.empty()) {
    target->is_one_key = true;  // no item is asked for: any partition can say it
  }
  if (!target->IsWithinOne(container.table())) {
    if (!request.HeaderIsTrue(header::kEnableCrossPartition)) {
      return ErrorAnswer(
          400, 0,
          "Cross partition query is required but disabled. Please set "
          "x-ms-documentdb-query-enablecrosspartition to true or name a partition key");
    }
    if (sql::NeedsMerging((*prepared)->query)) {
      return Unmergeable(container, request, **prepared);
    }
  }
  return RunPages(container, request, **prepared, *target, strong, false);
}

// What the gateway says to a query that only a client can merge, with the plan for it.
HttpResponse QueryRequests::Unmergeable(const Container& container, const HttpRequest& request,
                                        const PreparedQuery& prepared) {
  Target target{.range = {{}, EndOfKeySpace()}};
  Narrow(container, prepared, &target);
  const auto plan = sql::PlanJson(prepared.query, request.Header(header::kSupportedQueryFeatures),
                                  PlannedRangeOf(target.range, target.is_one_key));
  if (!plan.ok()) return QueryFailure(container, plan.status());
  HttpResponse response = JsonAnswer(
      400, absl::StrCat(R"({"code":"BadRequest","message":"Cross partition query only supports )",
                        R"(filters and projections here: run it on each partition key range and )",
                        R"(merge.","additionalErrorInfo":)", JsonString(*plan), "}"));
  response.Set(header::kSubstatus, absl::StrCat(substatus::kCrossPartitionQuery));
  SetCharge(container.charges().Refused(), &response);
  return response;
}

HttpResponse QueryRequests::Plan(const Container& container, const HttpRequest& request) {
  const auto prepared = cache_.Prepare(request.body, container.policy());
  if (!prepared.ok()) return QueryFailure(container, prepared.status());
  HttpResponse error;
  auto target = FindTarget(container, request, &error);
  if (!target) return error;
  Narrow(container, **prepared, &*target);
  auto plan = sql::PlanJson((*prepared)->query, request.Header(header::kSupportedQueryFeatures),
                            PlannedRangeOf(target->range, target->is_one_key));
  if (!plan.ok()) return QueryFailure(container, plan.status());
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
  page.is_timed = request.HeaderIsTrue(header::kPopulateQueryMetrics);
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
    if (IsAhead(SessionTokenOf(request), partition)) {
      return SessionUnavailableAnswer(container.charges());
    }
    CentiRu charge = 0;
    const bool done = run.Run(partition, target.scope, strong, left->position(), &page,
                              is_feed ? nullptr : &charge);
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
  if (page.is_timed) {
    const QueryTimes times{.compile_ns = is_feed ? 0 : cache_.compile_ns(),
                           .execute_ns = MonotonicNs() - start_ns};
    response.Set(header::kQueryMetrics, QueryMetricsText(page, times));
  }
  if (request.HeaderIsTrue(header::kPopulateIndexMetrics) ||
      request.HeaderIsTrue(header::kPopulateIndexMetricsV2)) {
    response.Set(header::kIndexUtilization, IndexUtilization(prepared, container.policy()));
  }
  if (is_feed) response.Set(header::kEtag, absl::StrCat("\"", lsn, "\""));
  return response;
}

}  // namespace weir::cosmos::emulator
