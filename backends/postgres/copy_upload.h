// One batch of records on its way into the table by COPY BINARY: asks, sends piece by piece as the
// socket takes it, waits for the answer. Owned by a session; drives a connection that is out of
// pipeline mode, which COPY does not work in.
#pragma once

#include <libpq-fe.h>

#include <string>

#include "backends/api/backend.h"
#include "backends/postgres/answer.h"
#include "backends/postgres/batch_guard.h"

namespace weir {

class CopyUpload {
 public:
  enum class Progress { kGoing, kDone, kBroken };

  // The guard outlives it: its row goes with each batch, in one query and so in one transaction.
  CopyUpload(const RecordSource& records, const BatchGuard& guard, std::string copy_sql)
      : records_(records), guard_(guard), copy_sql_(std::move(copy_sql)) {}

  // Takes the operation; nothing is sent before Begin.
  void Accept(const Operation& operation, Ticket ticket);
  int Begin(PGconn* connection);  // 0: the connection failed

  // Goes on as far as it can; to be called when the socket is ready. kBroken: the connection
  // failed.
  Progress Continue(PGconn* connection);
  void Drop() { stage_ = Stage::kNone; }

  bool active() const { return stage_ != Stage::kNone; }
  bool waiting() const { return stage_ == Stage::kWaiting; }
  bool sending() const { return stage_ == Stage::kSending; }
  Ticket ticket() const { return ticket_; }
  const Answer& answer() const { return answer_; }
  OperationShape shape() const;

 private:
  enum class Stage { kNone, kWaiting, kAsked, kSending, kEnding };

  Progress Ask(PGconn* connection);
  Progress Send(PGconn* connection);
  Progress End(PGconn* connection);
  void EncodePiece();

  const RecordSource& records_;
  const BatchGuard& guard_;
  const std::string copy_sql_;
  Stage stage_ = Stage::kNone;
  Ticket ticket_ = 0;
  uint64_t next_ = 0;
  uint64_t end_ = 0;
  uint64_t first_ = 0;
  uint64_t revision_ = 0;
  bool in_doubt_ = false;
  uint64_t bytes_sent_ = 0;
  bool encoded_ = false;  // the trailer is in a piece
  Record record_;
  std::string piece_;
  Answer answer_;
};

}  // namespace weir
