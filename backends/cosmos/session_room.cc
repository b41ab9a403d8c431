#include "backends/cosmos/session_room.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/wire/headers.h"
#include "base/check.h"

namespace weir::cosmos {

SessionRoom::SessionRoom(Container& container, HttpEngine& engine, HoldQueue* holds,
                         ExchangeHandler& handler)
    : shared(container),
      requests(container.gateway),
      engine_(engine),
      holds_(holds),
      handler_(handler),
      keeps_tokens_(container.consistency == "Session") {}

SessionRoom::~SessionRoom() { WithdrawExchanges(); }

HeldExchange& SessionRoom::exchange(size_t i) {
  while (exchanges_.size() <= i) {
    exchanges_.push_back(std::make_unique<HeldExchange>(engine_, handler_, *this));
  }
  return *exchanges_[i];
}

void SessionRoom::CancelAll() {
  for (const auto& exchange : exchanges_) exchange->Cancel();
  WithdrawExchanges();
  in_flight_ = asking_ = 0;
  held_since_ns_ = -1;
}

// ------------------------------------------------------------------------------------- holding

void HeldExchange::OnAdmitted(const Permit& admitted) {
  permit = admitted;
  room_.NoteSent();
  HttpExchange::Send();
}

void SessionRoom::Send(HeldExchange& exchange, size_t range, OperationKind kind) {
  exchange.planned = {.partition = (*ranges_)[range].number, .kind = kind};
  Ask(&exchange);
}

void SessionRoom::Ask(HeldRequest* request) {
  ++asking_;
  if (holds_ == nullptr) return request->OnAdmitted({.records = request->planned.records});
  holds_->Enter(request);
  if (asking_ > 0) KeepHoldClock();
}

void SessionRoom::NoteSent() {
  --asking_;
  ++in_flight_;
  if (held_since_ns_ >= 0) KeepHoldClock();
}

bool SessionRoom::Withdraw(HeldRequest* request) {
  if (holds_ == nullptr || !holds_->Leave(request)) return false;
  --asking_;
  if (held_since_ns_ >= 0) KeepHoldClock();
  return true;
}

size_t SessionRoom::WithdrawExchanges() {
  size_t withdrawn = 0;
  for (const auto& exchange : exchanges_) withdrawn += Withdraw(exchange.get());
  return withdrawn;
}

void SessionRoom::NoteRefused(HeldExchange& exchange, uint32_t refused, int64_t retry_after_ns) {
  if (holds_ == nullptr) return;
  // What was lost on the way may have been charged.
  const bool answered = exchange.transport() == Transport::kAnswered;
  const MilliRu charge = answered ? exchange.answer_headers().charge : exchange.permit.booked;
  holds_->control().Answered(exchange.planned, exchange.permit, {charge, refused, retry_after_ns},
                             engine_.loop().Now());
}

void SessionRoom::KeepHoldClock() {
  const bool held = asking_ > 0 && in_flight_ == 0;
  if (held == (held_since_ns_ >= 0)) return;
  const int64_t now_ns = engine_.loop().Now();
  if (!held) held_ns_ += now_ns - held_since_ns_;
  held_since_ns_ = held ? now_ns : -1;
}

int64_t SessionRoom::LastSignNs() const {
  return held_since_ns_ >= 0 ? engine_.loop().Now() : last_sign_ns_;
}

void SessionRoom::NoteSign() { last_sign_ns_ = engine_.loop().Now(); }

int64_t SessionRoom::TakeHeldNs() { return std::exchange(held_ns_, 0); }

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

void SessionRoom::TellKey(const PartitionKeyValue& key, KeyParts* keys) {
  if (!keys->wanted()) return;
  key_header_.clear();
  AppendPartitionKeyHeader({&key, 1}, &key_header_);
  keys->Add(key_header_);
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

Judgement SessionRoom::NoteAnswer(OperationKind kind, HeldExchange& exchange, size_t range,
                                  OutcomeSum* sum) {
  --in_flight_;
  if (asking_ > 0) KeepHoldClock();
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
  if (judgement.verdict == Verdict::kThrottled) sum->AddThrottledPart(partition, headers.charge);
  sum->Note(judgement, message, headers.retry_after_ns);
  return judgement;
}

}  // namespace weir::cosmos
