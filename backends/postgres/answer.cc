#include "backends/postgres/answer.h"

#include "absl/strings/str_cat.h"

#include "backends/postgres/sqlstate.h"

namespace weir {
namespace {

bool MustFindOne(OperationKind kind) {
  return kind == OperationKind::kRead || kind == OperationKind::kReplace ||
         kind == OperationKind::kDelete;
}

bool Returns(OperationKind kind) {
  return kind == OperationKind::kRead || kind == OperationKind::kQuery;
}

}  // namespace

void Answer::Reset() {
  failed_ = false;
  rows_ = 0;
  changed_ = 0;
  bytes_received_ = 0;
}

void Answer::Add(const ServerMessage& message) {
  switch (message.type) {
    case MessageType::kDataRow:
      ++rows_;
      bytes_received_ += RowBytes(message.body);
      break;
    case MessageType::kCommandComplete:
      changed_ += static_cast<uint32_t>(ChangedRows(message.body));
      break;
    case MessageType::kError:
      if (!failed_) AddRefusal(message.body);
      break;
    default:
      break;
  }
}

void Answer::AddRefusal(std::string_view body) {
  const ErrorFields error = ReadError(body);
  failed_ = true;
  code_ = error.code;
  refusing_table_ = error.table;
  words_ = absl::StrCat(code_, ": ", std::string(error.message));
}

Outcome Answer::Refused() const {
  const SqlStateMeaning meaning = MeaningOfSqlState(code_);
  Outcome outcome;
  outcome.verdict = meaning.verdict;
  outcome.retryable = meaning.retryable;
  outcome.detail = words_;
  return outcome;
}

// The batch's own row is there: an earlier attempt was committed, though its answer was lost.
bool Answer::TookEffectBefore(const OperationShape& shape) const {
  return failed_ && shape.in_doubt && !shape.guard.empty() && code_ == "23505" &&
         refusing_table_ == shape.guard;
}

Outcome Answer::Finish(const OperationShape& shape) const {
  Outcome outcome;
  if (TookEffectBefore(shape)) {
    outcome.records = shape.records;
  } else if (failed_) {
    outcome = Refused();
  } else {
    outcome.records = Returns(shape.kind) ? rows_ : changed_ - (shape.guard.empty() ? 0 : 1);
    // No row: the attempt whose answer was lost had written it.
    if (shape.kind == OperationKind::kInsert && shape.in_doubt) outcome.records = shape.records;
    if (outcome.records == 0 && MustFindOne(shape.kind)) outcome.verdict = Verdict::kNotFound;
  }
  outcome.bytes_sent = shape.bytes_sent;
  outcome.bytes_received = bytes_received_;
  return outcome;
}

}  // namespace weir
