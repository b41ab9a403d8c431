// One connection to PostgreSQL on a worker's event loop. Statements go through libpq's pipeline
// mode with a sync after each operation, so that operations succeed and fail independently and
// answers are matched by their order; batches may go by COPY, alone on the connection.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "backends/api/backend.h"
#include "backends/postgres/answer.h"
#include "backends/postgres/connection.h"
#include "backends/postgres/copy_upload.h"
#include "backends/postgres/parameter_list.h"
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

class PostgresSession final : public Session, private IoHandler, private TimerHandler {
 public:
  // Everything referred to outlives the session.
  PostgresSession(const SessionSettings& settings, const SqlTable& table,
                  const RecordSource& records, EventLoop& loop, CompletionSink& sink);
  ~PostgresSession() override;

  // Connects without the loop; blocks for the connect timeout at most. Once, before anything else.
  absl::Status OpenBlocking();

  int Capacity() const override;
  void Start(const Operation& operation, Ticket ticket) override;
  void Flush() override;
  void Abandon(Ticket ticket) override;

 private:
  enum class State { kBroken, kConnecting, kSettingUp, kOpen };

  struct InFlight {
    Ticket ticket = 0;
    OperationShape shape;
    bool own = false;           // not an operation: setting up the connection
    bool must_work = false;     // own, and the connection is useless without
    bool abandoned = false;     // its answer is read and thrown away
    Statement* parsed[3] = {};  // whose Parse went with it
  };

  // ---- connection
  void BeginConnecting();
  void ContinueConnecting();
  void BeginSettingUp();
  void BecomeOpen();
  void Break(std::string words);
  void Reconnect();
  void Disconnect();
  void FailAll(const std::string& words);
  void OnReady(uint32_t epoll_events) override;
  void OnTimer() override;
  void Want(uint32_t epoll_events);
  void SetTimer(int64_t in_ns);

  // ---- sending
  void Encode(const Operation& operation, InFlight* in_flight);
  void SendGuardedRows(const Operation& operation, InFlight* in_flight);
  void SendRows(const Operation& operation, OnConflict on_conflict, InFlight* in_flight);
  void SendId(const Operation& operation, Statement& statement, InFlight* in_flight);
  void SendQuery(const Operation& operation, InFlight* in_flight);
  void SendOwn(Statement* parse, const char* statement);
  void AddRecord(uint64_t index, uint64_t revision);
  void Execute(Statement& statement, InFlight* in_flight);
  void Parse(Statement& statement, InFlight* in_flight);
  void EnterPipeline();
  void BeginUpload();
  void Sent(int success);  // remembers a failure until the operation stands in in_flight_

  // ---- answers
  void ReadAnswers();
  void ContinueUpload();
  void ReadPipeline();
  void FinishFront();
  void FinishOwn(const InFlight& done, bool failed, const Outcome& outcome);
  void FinishUpload();
  void CompleteLost(Ticket ticket, bool sent, const std::string& words);

  const SessionSettings& settings_;
  const RecordSource& records_;
  EventLoop& loop_;
  CompletionSink& sink_;
  StatementSet statements_;

  State state_ = State::kBroken;
  ConnectionPtr connection_;
  bool on_loop_ = false;  // false while OpenBlocking polls by itself
  int watched_ = -1;      // descriptor
  uint32_t wanted_ = 0;
  TimerId timer_ = 0;
  int64_t wait_ns_;  // before the next try to connect
  absl::Status why_broken_;

  RingQueue<InFlight> in_flight_;
  bool send_failed_ = false;
  Answer answer_;  // to the front of in_flight_
  CopyUpload upload_;
  ParameterList parameters_;
  Record record_;
};

}  // namespace weir
