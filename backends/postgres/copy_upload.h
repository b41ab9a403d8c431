// A batch on its way to the server by COPY … FROM STDIN (FORMAT binary), behind the row that makes
// it take effect once, both in one query and so in one transaction. The records are written
// straight into what is sent. Owned by a session; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "backends/api/operation.h"
#include "backends/postgres/batch_guard.h"
#include "backends/postgres/message_writer.h"

namespace weir {

class CopyUpload {
 public:
  // The guard outlives it.
  CopyUpload(const RecordSource& records, const BatchGuard& guard, std::string copy_sql)
      : records_(records), guard_(guard), copy_sql_(std::move(copy_sql)) {}

  // Writes the query. The data follow at once, without waiting for the server to agree: a server
  // that has refused passes over them, as the protocol says.
  void Begin(const Operation& operation, MessageWriter& out);

  // Writes the next piece, in the end with what closes the upload. Only while going().
  void WritePiece(MessageWriter& out);

  void Stop() { next_ = end_ = 0; }  // the server has refused: the rest is not worth sending

  bool going() const { return next_ < end_; }

  // Of the whole upload.
  uint64_t data_bytes() const { return data_bytes_; }

 private:
  const RecordSource& records_;
  const BatchGuard& guard_;
  const std::string copy_sql_;
  uint64_t next_ = 0;
  uint64_t end_ = 0;
  bool first_ = false;  // the next piece
  uint64_t revision_ = 0;
  uint64_t data_bytes_ = 0;
  Record record_;
};

}  // namespace weir
