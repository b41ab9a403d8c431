#include "backends/postgres/copy_upload.h"

#include "absl/strings/str_cat.h"

#include "backends/postgres/copy_binary.h"

namespace weir {
namespace {

// Bounds what is written before it is sent.
constexpr size_t kPieceBytes = 65'536;

}  // namespace

void CopyUpload::Begin(const Operation& operation, MessageWriter& out) {
  next_ = operation.first_record;
  end_ = operation.first_record + operation.records;
  revision_ = operation.revision;
  first_ = true;
  data_bytes_ = 0;
  out.Query(absl::StrCat(guard_.InsertSql(operation.first_record), "; ", copy_sql_));
}

void CopyUpload::WritePiece(MessageWriter& out) {
  std::string* const data = out.BeginCopyData();
  const size_t from = data->size();
  if (first_) AppendCopyHeader(data);
  first_ = false;
  while (next_ < end_ && data->size() - from < kPieceBytes) {
    records_.Make(next_++, revision_, &record_);
    AppendCopyTuple(records_.schema(), record_, data);
  }
  if (next_ == end_) AppendCopyTrailer(data);
  data_bytes_ += data->size() - from;
  out.EndCopyData();
  if (next_ == end_) out.CopyDone();
}

}  // namespace weir
