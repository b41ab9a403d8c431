#include "backends/postgres/answer.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"

#include "backends/postgres/connection.h"
#include "backends/postgres/sqlstate.h"

namespace weir {
namespace {

uint64_t ValueBytes(PGresult* result) {
  uint64_t bytes = 0;
  const int rows = PQntuples(result);
  const int columns = PQnfields(result);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) bytes += PQgetlength(result, row, column);
  }
  return bytes;
}

const char* ErrorField(PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

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

void Answer::Add(PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
      rows_ += static_cast<uint32_t>(PQntuples(result));
      bytes_received_ += ValueBytes(result);
      break;
    case PGRES_COMMAND_OK:
      changed_ += static_cast<uint32_t>(std::atoi(PQcmdTuples(result)));
      break;
    case PGRES_PIPELINE_ABORTED:
      break;  // follows an error that is known already
    default:
      if (!failed_) AddRefusal(result);
      break;
  }
}

void Answer::AddRefusal(PGresult* result) {
  failed_ = true;
  code_ = ErrorField(result, PG_DIAG_SQLSTATE);
  refusing_table_ = ErrorField(result, PG_DIAG_TABLE_NAME);
  const char* words = ErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  words_ =
      *words != '\0' ? absl::StrCat(code_, ": ", words) : FirstLine(PQresultErrorMessage(result));
}

Outcome Answer::Refused() const {
  // Without a code it is libpq that speaks: of a broken connection.
  const SqlStateMeaning meaning = MeaningOfSqlState(code_.empty() ? "08006" : code_);
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
