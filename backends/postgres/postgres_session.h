// One connection to PostgreSQL on a worker's event loop. Each operation ends in a sync of its own
// (a batch by COPY is one query), so that operations succeed and fail independently, and answers
// are matched by their order. One thread.
#pragma once

#include <string>
#include <vector>

#include "backends/api/backend.h"
#include "backends/postgres/answer.h"
#include "backends/postgres/connection.h"
#include "backends/postgres/copy_upload.h"
#include "backends/postgres/link.h"
#include "backends/postgres/ring_queue.h"
#include "backends/postgres/statement_set.h"

namespace weir {

struct SessionSettings {
  ConnectionOptions connection;
  std::vector<std::string> set_up;  // statements for every new connection
  bool prepared = true;
  bool copy = true;  // batches by COPY
  int depth = 1;
  const BatchGuard* guard = nullptr;
};

class PostgresSession final : public Session, private LinkUser {
 public:
  // Everything referred to outlives the session.
  PostgresSession(const SessionSettings& settings, const SqlTable& table,
                  const RecordSource& records, EventLoop& loop, CompletionSink& sink);

  // Connects without the loop; blocks for the connect timeout at most. Once, before anything else.
  absl::Status OpenBlocking() { return link_.OpenBlocking(); }

  int Capacity() const override;
  void Start(const Operation& operation, Ticket ticket) override;
  void Flush() override { link_.Send(); }
  void Abandon(Ticket ticket) override;

 private:
  struct InFlight {
    Ticket ticket = 0;
    OperationShape shape;
    bool own = false;           // not an operation: setting up the connection
    bool must_work = false;     // own, and the connection is useless without
    bool abandoned = false;     // its answer is read and thrown away
    Statement* parsed[3] = {};  // whose Parse went with it
  };

  // ---- sending
  void Encode(const Operation& operation, InFlight* in_flight);
  void SendGuardedRows(const Operation& operation, InFlight* in_flight);
  void SendRows(const Operation& operation, OnConflict on_conflict, InFlight* in_flight);
  void SendId(const Operation& operation, Statement& statement, InFlight* in_flight);
  void SendQuery(const Operation& operation, InFlight* in_flight);
  void SendOwn(Statement* parse, const char* statement);
  void AddRecord(uint64_t index, uint64_t revision, InFlight* in_flight);
  void AddValue(FieldType type, const Value& value, InFlight* in_flight);
  void BeginExecute(Statement& statement, InFlight* in_flight);
  void EndExecute();
  void Parse(Statement& statement, InFlight* in_flight);
  bool WriteMore() override;
  InFlight& Last() { return in_flight_[in_flight_.size() - 1]; }

  // ---- the connection, and answers
  void OnConnected() override;
  void OnOpen() override { sink_.Ready(this); }
  void OnMessage(const ServerMessage& message) override;
  void OnBroken(const std::string& words) override;
  void FinishFront();
  void FinishOwn(const InFlight& done, bool failed, const Outcome& outcome);
  void CompleteLost(Ticket ticket, const std::string& words);

  const SessionSettings& settings_;
  const RecordSource& records_;
  CompletionSink& sink_;
  StatementSet statements_;
  Link link_;
  MessageWriter& out_;

  RingQueue<InFlight> in_flight_;
  Answer answer_;      // to the front of in_flight_
  CopyUpload upload_;  // while it goes on, of the last of in_flight_
  Record record_;
};

}  // namespace weir
