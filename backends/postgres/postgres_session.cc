#include "backends/postgres/postgres_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/sql/value_bytes.h"

namespace weir {
namespace {

bool GoesByCopy(const Operation& operation, const SessionSettings& settings) {
  return settings.copy && operation.kind == OperationKind::kInsert && operation.records > 1;
}

std::string CopySql(const SqlTable& table) {
  return absl::StrCat("COPY ", Quoted(table.name), " FROM STDIN (FORMAT binary)");
}

// Operations, and beside them what sets up a connection.
size_t MostInFlight(const SessionSettings& settings, StatementSet& statements) {
  return settings.depth + settings.set_up.size() + statements.Common().size();
}

uint64_t RecordBytes(const RecordSchema& schema, const Record& record) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < record.size(); ++i) bytes += ValueBytes(schema.fields[i].type, record[i]);
  return bytes;
}

}  // namespace

PostgresSession::PostgresSession(const SessionSettings& settings, const SqlTable& table,
                                 const RecordSource& records, EventLoop& loop, CompletionSink& sink)
    : settings_(settings),
      records_(records),
      sink_(sink),
      statements_(table, *settings.guard),
      link_(settings.connection, loop, *this),
      out_(link_.writer()),
      in_flight_(MostInFlight(settings, statements_)),
      upload_(records, *settings.guard, CopySql(table)) {}

// ------------------------------------------------------------------------------------ sending

int PostgresSession::Capacity() const {
  if (!link_.open() || upload_.going()) return 0;
  return settings_.depth - static_cast<int>(in_flight_.size());
}

// Where more than one may be in flight, they are sent together, by Flush.
void PostgresSession::Start(const Operation& operation, Ticket ticket) {
  InFlight in_flight;
  in_flight.ticket = ticket;
  in_flight.shape = {operation.kind, operation.records, operation.in_doubt, {}, 0};
  if (GoesByCopy(operation, settings_)) {
    in_flight.shape.guard = settings_.guard->table_name();
    upload_.Begin(operation, out_);
  } else {
    Encode(operation, &in_flight);
    out_.Sync();
  }
  in_flight_.Push(in_flight);
  if (settings_.depth == 1) link_.Send();
}

void PostgresSession::Encode(const Operation& operation, InFlight* in_flight) {
  switch (operation.kind) {
    case OperationKind::kInsert:
      if (operation.records > 1) {
        SendGuardedRows(operation, in_flight);
      } else {
        SendRows(operation, operation.in_doubt ? OnConflict::kIgnore : OnConflict::kFail,
                 in_flight);
      }
      break;
    case OperationKind::kUpsert:
      SendRows(operation, OnConflict::kUpdate, in_flight);
      break;
    case OperationKind::kRead:
      SendId(operation, statements_.Read(), in_flight);
      break;
    case OperationKind::kDelete:
      SendId(operation, statements_.Delete(), in_flight);
      break;
    case OperationKind::kReplace:
      BeginExecute(statements_.Replace(), in_flight);
      AddRecord(operation.first_record, operation.revision, in_flight);
      EndExecute();
      break;
    case OperationKind::kQuery:
      SendQuery(operation, in_flight);
      break;
  }
}

void PostgresSession::SendGuardedRows(const Operation& operation, InFlight* in_flight) {
  in_flight->shape.guard = settings_.guard->table_name();
  BeginExecute(statements_.Guard(), in_flight);
  AddValue(FieldType::kInt64, Value::Integer(settings_.guard->writer()), in_flight);
  AddValue(FieldType::kInt64, Value::Integer(static_cast<int64_t>(operation.first_record)),
           in_flight);
  EndExecute();
  in_flight->shape.bytes_sent = 0;  // payload only
  SendRows(operation, OnConflict::kFail, in_flight);
}

// As many statements as the protocol's limit on parameters asks for; all before one sync, which
// makes them one transaction.
void PostgresSession::SendRows(const Operation& operation, OnConflict on_conflict,
                               InFlight* in_flight) {
  const uint64_t most = MessageWriter::kMostParameters / records_.schema().fields.size();
  for (uint64_t done = 0; done < operation.records;) {
    const uint64_t rows = std::min<uint64_t>(most, operation.records - done);
    BeginExecute(statements_.Insert(rows, on_conflict), in_flight);
    for (uint64_t row = 0; row < rows; ++row) {
      AddRecord(operation.first_record + done + row, operation.revision, in_flight);
    }
    EndExecute();
    done += rows;
  }
}

void PostgresSession::SendId(const Operation& operation, Statement& statement,
                             InFlight* in_flight) {
  records_.MakeId(operation.first_record, &record_);
  BeginExecute(statement, in_flight);
  AddValue(FieldType::kText, record_[records_.schema().id_field], in_flight);
  EndExecute();
}

void PostgresSession::SendQuery(const Operation& operation, InFlight* in_flight) {
  BeginExecute(statements_.Query(*operation.query), in_flight);
  for (size_t i = 0; i < operation.parameters.size(); ++i) {
    AddValue(operation.query->parameters[i], operation.parameters[i], in_flight);
  }
  EndExecute();
}

void PostgresSession::AddRecord(uint64_t index, uint64_t revision, InFlight* in_flight) {
  records_.Make(index, revision, &record_);
  in_flight->shape.bytes_sent += RecordBytes(records_.schema(), record_);
  out_.AddRecord(records_.schema(), record_);
}

void PostgresSession::AddValue(FieldType type, const Value& value, InFlight* in_flight) {
  in_flight->shape.bytes_sent += ValueBytes(type, value);
  out_.AddValue(type, value);
}

// No Describe: Weir knows the columns, as drivers do that keep the description of a prepared
// statement.
void PostgresSession::BeginExecute(Statement& statement, InFlight* in_flight) {
  if (!settings_.prepared) {
    out_.Parse("", statement.sql, statement.types);
    out_.BeginBind("", statement.types.size());
    return;
  }
  if (!statement.sent) Parse(statement, in_flight);
  out_.BeginBind(statement.name, statement.types.size());
}

void PostgresSession::EndExecute() {
  out_.EndBind();
  out_.Execute();
}

void PostgresSession::Parse(Statement& statement, InFlight* in_flight) {
  statement.name = statements_.NewName();
  statement.sent = true;
  out_.Parse(statement.name, statement.sql, statement.types);
  Statement** place = in_flight->parsed;
  while (*place != nullptr) ++place;
  *place = &statement;
}

void PostgresSession::SendOwn(Statement* parse, const char* statement) {
  InFlight in_flight;
  in_flight.own = true;
  in_flight.must_work = parse == nullptr;
  if (parse != nullptr) {
    Parse(*parse, &in_flight);
  } else {
    out_.Parse("", statement, {});
    out_.BeginBind("", 0);
    EndExecute();
  }
  out_.Sync();
  in_flight_.Push(in_flight);
}

bool PostgresSession::WriteMore() {
  if (!upload_.going()) return false;
  upload_.WritePiece(out_);
  Last().shape.bytes_sent = upload_.data_bytes();
  return true;
}

void PostgresSession::Abandon(Ticket ticket) {
  // Answers come in order: while others wait on this connection, the late one is read and dropped.
  bool all_abandoned = true;
  for (size_t i = 0; i < in_flight_.size(); ++i) {
    if (in_flight_[i].ticket == ticket && !in_flight_[i].own) in_flight_[i].abandoned = true;
    all_abandoned = all_abandoned && in_flight_[i].abandoned;
  }
  if (link_.open() && !in_flight_.empty() && all_abandoned) link_.Reconnect();
}

// -------------------------------------------------------------------- the connection, and answers

void PostgresSession::OnConnected() {
  statements_.ForgetPrepared();
  for (const std::string& statement : settings_.set_up) SendOwn(nullptr, statement.c_str());
  if (settings_.prepared) {
    for (Statement* statement : statements_.Common()) SendOwn(statement, nullptr);
  }
  if (in_flight_.empty()) link_.SetUpDone();
}

void PostgresSession::OnMessage(const ServerMessage& message) {
  if (in_flight_.empty()) {
    // A server that closes the connection says why before.
    if (message.type == MessageType::kReady) link_.Break("the server answered what was not asked");
    return;
  }
  if (message.type == MessageType::kReady) return FinishFront();
  answer_.Add(message);
  if (message.type == MessageType::kError && in_flight_.size() == 1) upload_.Stop();
}

void PostgresSession::FinishFront() {
  const InFlight done = in_flight_.Pop();
  const bool failed = answer_.failed();
  for (Statement* statement : done.parsed) {
    if (statement == nullptr) continue;
    statement->confirmed = statement->confirmed || !failed;
    statement->sent = statement->confirmed;
  }
  // Its words outlive the reset.
  const Outcome outcome = answer_.Finish(done.shape);
  answer_.Reset();
  if (done.own) {
    FinishOwn(done, failed, outcome);
  } else if (done.abandoned) {
    sink_.Ready(this);  // its place is free
  } else {
    sink_.Complete(done.ticket, outcome);
  }
}

// A statement that cannot be prepared (its table is missing) is tried again, and fails, with the
// operation that needs it.
void PostgresSession::FinishOwn(const InFlight& done, bool failed, const Outcome& outcome) {
  if (failed && done.must_work) {
    link_.Break(std::string(outcome.detail));
  } else if (in_flight_.empty()) {
    link_.SetUpDone();
  }
}

void PostgresSession::OnBroken(const std::string& words) {
  upload_.Stop();
  bool front = true;  // the server may have begun to answer it
  while (!in_flight_.empty()) {
    const InFlight lost = in_flight_.Pop();
    const bool refused = std::exchange(front, false) && answer_.failed();
    const Outcome refusal = answer_.Finish(lost.shape);
    answer_.Reset();
    if (lost.own || lost.abandoned) continue;
    if (refused) {
      sink_.Complete(lost.ticket, refusal);
    } else {
      CompleteLost(lost.ticket, words);
    }
  }
  answer_.Reset();
}

void PostgresSession::CompleteLost(Ticket ticket, const std::string& words) {
  Outcome outcome;
  outcome.verdict = Verdict::kInDoubt;
  outcome.retryable = true;
  outcome.detail = words;
  sink_.Complete(ticket, outcome);
}

}  // namespace weir
