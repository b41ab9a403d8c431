#include "backends/postgres/copy_upload.h"

#include "absl/strings/str_cat.h"

#include "backends/postgres/copy_binary.h"

namespace weir {
namespace {

// Sent at once; bounds what libpq buffers for a slow server.
constexpr size_t kPieceBytes = 65'536;

}  // namespace

void CopyUpload::Accept(const Operation& operation, Ticket ticket) {
  stage_ = Stage::kWaiting;
  ticket_ = ticket;
  first_ = next_ = operation.first_record;
  end_ = operation.first_record + operation.records;
  revision_ = operation.revision;
  in_doubt_ = operation.in_doubt;
  bytes_sent_ = 0;
  encoded_ = false;
  piece_.clear();
  answer_.Reset();
}

OperationShape CopyUpload::shape() const {
  return {OperationKind::kInsert, static_cast<uint32_t>(end_ - first_), in_doubt_,
          guard_.table_name(), bytes_sent_};
}

int CopyUpload::Begin(PGconn* connection) {
  stage_ = Stage::kAsked;
  const std::string query = absl::StrCat(guard_.InsertSql(first_), "; ", copy_sql_);
  return PQsendQuery(connection, query.c_str());
}

CopyUpload::Progress CopyUpload::Continue(PGconn* connection) {
  if (PQstatus(connection) == CONNECTION_BAD) return Progress::kBroken;
  switch (stage_) {
    case Stage::kAsked:
      return Ask(connection);
    case Stage::kSending:
      return Send(connection);
    case Stage::kEnding:
      return End(connection);
    default:
      return Progress::kGoing;
  }
}

CopyUpload::Progress CopyUpload::Ask(PGconn* connection) {
  while (true) {
    if (PQisBusy(connection)) return Progress::kGoing;
    const ResultPtr result(PQgetResult(connection));
    if (result != nullptr && PQresultStatus(result.get()) == PGRES_COPY_IN) {
      stage_ = Stage::kSending;
      AppendCopyHeader(&piece_);
      return Send(connection);
    }
    if (result != nullptr) answer_.Add(result.get());
    if (result == nullptr || PQresultStatus(result.get()) != PGRES_COMMAND_OK) break;
  }
  // Refused: the rest of the answer is read as at the end.
  stage_ = Stage::kEnding;
  return End(connection);
}

void CopyUpload::EncodePiece() {
  while (next_ < end_ && piece_.size() < kPieceBytes) {
    records_.Make(next_++, revision_, &record_);
    AppendCopyTuple(records_.schema(), record_, &piece_);
  }
  if (next_ == end_) {
    AppendCopyTrailer(&piece_);
    encoded_ = true;
  }
}

CopyUpload::Progress CopyUpload::Send(PGconn* connection) {
  while (!encoded_ || !piece_.empty()) {
    if (!encoded_) EncodePiece();
    const int put = PQputCopyData(connection, piece_.data(), static_cast<int>(piece_.size()));
    if (put < 0) return Progress::kBroken;
    if (put == 0) return Progress::kGoing;  // libpq's buffer is full; the piece stays
    bytes_sent_ += piece_.size();
    piece_.clear();
    const int unsent = PQflush(connection);
    if (unsent < 0) return Progress::kBroken;
    if (unsent > 0 && !encoded_) return Progress::kGoing;
  }
  const int ended = PQputCopyEnd(connection, nullptr);
  if (ended < 0) return Progress::kBroken;
  if (ended == 0) return Progress::kGoing;
  stage_ = Stage::kEnding;
  return PQflush(connection) < 0 ? Progress::kBroken : End(connection);
}

CopyUpload::Progress CopyUpload::End(PGconn* connection) {
  while (!PQisBusy(connection)) {
    const ResultPtr result(PQgetResult(connection));
    if (result == nullptr) {
      return PQstatus(connection) == CONNECTION_BAD ? Progress::kBroken : Progress::kDone;
    }
    answer_.Add(result.get());
  }
  return Progress::kGoing;
}

}  // namespace weir
