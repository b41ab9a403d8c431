#include "backends/cosmos/session_room.h"

#include "absl/strings/str_cat.h"

#include "backends/cosmos/wire/headers.h"
#include "base/check.h"

namespace weir::cosmos {

SessionRoom::SessionRoom(Container& container, HttpEngine& engine, ExchangeHandler& handler)
    : shared(container),
      requests(container.gateway),
      engine_(engine),
      handler_(handler),
      keeps_tokens_(container.consistency == "Session") {}

HttpExchange& SessionRoom::exchange(size_t i) {
  while (exchanges_.size() <= i) {
    exchanges_.push_back(std::make_unique<HttpExchange>(engine_, handler_));
  }
  return *exchanges_[i];
}

void SessionRoom::CancelAll() {
  for (const auto& exchange : exchanges_) exchange->Cancel();
}

void SessionRoom::LookUpRanges() {
  if (ranges_version_ == shared.ranges.version()) return;
  ranges_version_ = shared.ranges.version();
  ranges_ = shared.ranges.Get();
  WEIR_CHECK(ranges_ != nullptr);
}

const Record& SessionRoom::MakeRecord(uint64_t index, uint64_t revision) {
  shared.records.Make(index, revision, &record_);
  return record_;
}

void SessionRoom::AddPartitionKey(HttpExchange& exchange, const PartitionKeyValue& key) {
  AppendPartitionKeyHeader({&key, 1}, exchange.headers().Open(header::kPartitionKey));
  exchange.headers().Close();
}

void SessionRoom::AddReadConditions(HttpExchange& exchange) {
  if (shared.consistency.empty()) return;
  exchange.headers().Add(header::kConsistencyLevel, shared.consistency);
  if (tokens_.empty()) return;
  tokens_.AppendTo(exchange.headers().Open(header::kSessionToken));
  exchange.headers().Close();
}

// The gateway may know of a split that we have not heard of.
int32_t SessionRoom::Answerer(const AnswerHeaders& headers, size_t range) const {
  const PartitionRange& asked = (*ranges_)[range];
  if (headers.range_id.empty() || headers.range_id == asked.id) return asked.number;
  for (size_t i = 0; i < ranges_->size(); ++i) {
    if ((*ranges_)[i].id == headers.range_id) return (*ranges_)[i].number;
  }
  return asked.number;
}

Judgement SessionRoom::NoteAnswer(OperationKind kind, HttpExchange& exchange, size_t range,
                                  OutcomeSum* sum) {
  const AnswerHeaders& headers = exchange.answer_headers();
  const int32_t partition = Answerer(headers, range);
  sum->AddTraffic(exchange.bytes_sent(), exchange.bytes_received());
  sum->AddRequest(partition, headers.charge, headers.server_time_ns);
  if (exchange.transport() != Transport::kAnswered) {
    const bool sent = exchange.transport() == Transport::kLost;
    const Judgement judgement{sent ? Verdict::kInDoubt : Verdict::kFailed, true,
                              sent ? Trouble::kConnectionLost : Trouble::kNoConnection};
    sum->Note(judgement, exchange.transport_error(), 0);
    return judgement;
  }
  if (keeps_tokens_) tokens_.Take(headers.session_token);
  if (exchange.status() < 300) return {};
  std::string_view message = reader.ErrorMessage(&exchange.answer());
  std::string fallback;
  if (message.empty()) message = fallback = absl::StrCat("HTTP status ", exchange.status());
  const Judgement judgement = Judge(kind, exchange.status(), headers.substatus, message);
  if (judgement.verdict == Verdict::kThrottled) sum->AddThrottledPart(partition);
  sum->Note(judgement, message, headers.retry_after_ns);
  return judgement;
}

}  // namespace weir::cosmos
