#include "backends/cosmos/query_operation.h"

#include <algorithm>

#include "backends/cosmos/json_text.h"
#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos {
namespace {

constexpr uint32_t kMostInFlight = 16;
constexpr std::string_view kEnableScan = "x-ms-documentdb-query-enable-scan";

}  // namespace

const QueryPlan& QueryOperation::PlanOf(const QuerySpec& spec) {
  std::unique_ptr<QueryPlan>& plan = plans_[&spec];
  if (plan == nullptr) plan = std::make_unique<QueryPlan>(PlanQuery(room_.shared.form, spec));
  return *plan;
}

bool QueryOperation::Start(const Operation& operation) {
  sum_.Clear();
  keys_.Start(operation.tell_keys);
  plan_ = &PlanOf(*operation.query);
  parameters_ = operation.parameters;
  merge_.Start(*plan_);
  in_flight_ = 0;
  next_range_ = ranges_end_ = 0;
  if (plan_->key_parameter >= 0) {
    SendByKey();
    return true;
  }
  ranges_end_ = static_cast<uint32_t>(room_.ranges().size());
  const uint32_t at_once = std::min(ranges_end_, kMostInFlight);
  for (uint32_t i = 0; i < at_once; ++i) SendToRange(room_.exchange(i), next_range_++);
  return true;
}

void QueryOperation::SendByKey() {
  const PartitionKeyValue key =
      room_.shared.form.KeyValue(parameters_[plan_->key_parameter], &room_.key_text);
  key_range_ = room_.ranges().Find(HashPartitionKey(key));
  room_.TellKey(key, &keys_);
  SendPage(room_.exchange(0), kByKey, {});
}

void QueryOperation::SendToRange(HeldExchange& exchange, uint32_t range) {
  SendPage(exchange, range, {});
}

void QueryOperation::SendPage(HeldExchange& exchange, uint32_t tag, std::string_view continuation) {
  room_.requests.Begin(exchange, HttpMethod::kPost, room_.shared.gateway.documents);
  HttpHeaders& headers = exchange.headers();
  headers.Add(header::kContentType, kQueryContentType);
  headers.Add(header::kIsQuery, "true");
  AppendInteger(room_.shared.page_size, headers.Open(header::kMaxItemCount));
  headers.Close();
  if (tag == kByKey) {
    room_.AddPartitionKey(
        exchange, room_.shared.form.KeyValue(parameters_[plan_->key_parameter], &room_.key_text));
  } else {
    headers.Add(header::kEnableCrossPartition, "true");
    headers.Add(header::kPartitionKeyRangeId, room_.ranges()[tag].id);
  }
  if (room_.shared.scans_allowed) headers.Add(kEnableScan, "true");
  if (!continuation.empty()) headers.Add(header::kContinuation, continuation);
  room_.AddReadConditions(exchange);
  AppendQueryBody(*plan_, parameters_, &exchange.body());
  exchange.set_tag(tag);
  ++in_flight_;
  room_.Send(exchange, RangeOf(exchange), OperationKind::kQuery);
}

size_t QueryOperation::RangeOf(const HttpExchange& exchange) const {
  return exchange.tag() == kByKey ? key_range_ : exchange.tag();
}

bool QueryOperation::OnAnswer(HeldExchange& exchange) {
  --in_flight_;
  const Judgement judgement =
      room_.NoteAnswer(OperationKind::kQuery, exchange, RangeOf(exchange), &sum_);
  room_.NoteRefused(exchange, judgement.verdict == Verdict::kThrottled,
                    exchange.answer_headers().retry_after_ns);
  if (keys_.size() == 1) keys_.AddCharge(0, exchange.answer_headers().charge);
  if (judgement.verdict == Verdict::kOk) {
    const absl::Status added = merge_.AddPage(&exchange.answer());
    if (!added.ok()) sum_.Note({Verdict::kFailed, false}, std::string(added.message()), 0);
  }
  if (Continue(exchange)) return false;
  // What has not been sent would not help any more.
  if (!sum_.ok() || merge_.HasEnough()) in_flight_ -= room_.WithdrawExchanges();
  return in_flight_ == 0 && Finish();
}

// Sends what comes next on this exchange: its next page, or the next partition.
bool QueryOperation::Continue(HeldExchange& exchange) {
  if (!sum_.ok() || merge_.HasEnough()) return false;
  continuation_ = exchange.answer_headers().continuation;
  if (!continuation_.empty()) {
    SendPage(exchange, exchange.tag(), continuation_);
    return true;
  }
  if (next_range_ >= ranges_end_) return false;
  SendToRange(exchange, next_range_++);
  return true;
}

bool QueryOperation::Finish() {
  if (sum_.ok()) sum_.outcome().records = static_cast<uint32_t>(merge_.Finish());
  return true;
}

}  // namespace weir::cosmos
