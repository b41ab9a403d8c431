#include "backends/cosmos/point_operation.h"

#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos {

bool PointOperation::Start(const Operation& operation) {
  sum_.Clear();
  keys_.Start(operation.tell_keys);
  kind_ = operation.kind;
  in_doubt_ = operation.in_doubt;
  HeldExchange& exchange = room_.exchange(0);
  BeginRequest(exchange, room_.MakeRecord(operation.first_record, operation.revision));
  room_.Send(exchange, range_, kind_);
  return true;
}

void PointOperation::BeginRequest(HttpExchange& exchange, const Record& record) {
  const DocumentForm& form = room_.shared.form;
  const PartitionKeyValue key = form.KeyOf(record, &room_.key_text);
  if (kind_ == OperationKind::kRead) {
    room_.requests.BeginDocument(exchange, HttpMethod::kGet, form.IdOf(record));
    room_.AddReadConditions(exchange);
  } else if (kind_ == OperationKind::kDelete) {
    room_.requests.BeginDocument(exchange, HttpMethod::kDelete, form.IdOf(record));
  } else {
    BeginWrite(exchange, record);
  }
  room_.AddPartitionKey(exchange, key);
  room_.TellKey(key, &keys_);
  range_ = room_.ranges().Find(HashPartitionKey(key));
}

void PointOperation::BeginWrite(HttpExchange& exchange, const Record& record) {
  if (kind_ == OperationKind::kReplace) {
    room_.requests.BeginDocument(exchange, HttpMethod::kPut, room_.shared.form.IdOf(record));
  } else {
    room_.requests.Begin(exchange, HttpMethod::kPost, room_.shared.gateway.documents);
  }
  HttpHeaders& headers = exchange.headers();
  headers.Add(header::kContentType, kJsonContentType);
  if (kind_ == OperationKind::kUpsert) headers.Add(header::kIsUpsert, "true");
  if (room_.shared.minimal_response) headers.Add(header::kPrefer, kReturnMinimal);
  room_.shared.form.AppendDocument(record, &exchange.body());
}

bool PointOperation::OnAnswer(HeldExchange& exchange) {
  const Judgement judgement = room_.NoteAnswer(kind_, exchange, range_, &sum_);
  Outcome& outcome = sum_.outcome();
  room_.NoteRefused(exchange, judgement.verdict == Verdict::kThrottled, outcome.retry_after_ns);
  // The id is the record's own: it was written by the attempt whose effect was unknown (R50).
  if (judgement.verdict == Verdict::kConflict && kind_ == OperationKind::kInsert && in_doubt_) {
    outcome.verdict = Verdict::kOk;
  }
  if (keys_.wanted()) keys_.AddCharge(0, outcome.charge);
  outcome.records = outcome.verdict == Verdict::kOk ? 1 : 0;
  return true;
}

}  // namespace weir::cosmos
