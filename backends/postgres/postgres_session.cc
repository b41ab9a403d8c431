#include "backends/postgres/postgres_session.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kShortestWaitNs = 100 * kNsPerMs;
constexpr int64_t kLongestWaitNs = kNsPerSecond;
constexpr int kBinary = 1;

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

}  // namespace

PostgresSession::PostgresSession(const SessionSettings& settings, const SqlTable& table,
                                 const RecordSource& records, EventLoop& loop, CompletionSink& sink)
    : settings_(settings),
      records_(records),
      loop_(loop),
      sink_(sink),
      statements_(table, *settings.guard),
      wait_ns_(kShortestWaitNs),
      in_flight_(MostInFlight(settings, statements_)),
      upload_(records, *settings.guard, CopySql(table)) {}

PostgresSession::~PostgresSession() {
  loop_.Cancel(timer_);
  Disconnect();
}

// --------------------------------------------------------------------------------- connection

absl::Status PostgresSession::OpenBlocking() {
  const int64_t deadline_ns = MonotonicNs() + settings_.connection.timeout_ns;
  BeginConnecting();
  while (state_ != State::kOpen) {
    if (state_ == State::kBroken) return why_broken_;
    const int64_t left_ms = (deadline_ns - MonotonicNs()) / kNsPerMs;
    if (left_ms <= 0) {
      OnTimer();
      continue;
    }
    pollfd socket{PQsocket(connection_.get()), static_cast<short>(wanted_), 0};
    if (poll(&socket, 1, static_cast<int>(left_ms)) > 0) OnReady(wanted_);
  }
  on_loop_ = true;
  Want(wanted_);
  return absl::OkStatus();
}

void PostgresSession::BeginConnecting() {
  statements_.ForgetPrepared();
  why_broken_ = absl::OkStatus();
  state_ = State::kConnecting;
  connection_ = weir::BeginConnecting(settings_.connection);
  SetTimer(settings_.connection.timeout_ns);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) {
    why_broken_ = ConnectionError(connection_.get(), settings_.connection);
    Break("cannot connect");
    return;
  }
  Want(EPOLLOUT);
}

void PostgresSession::ContinueConnecting() {
  // PQconnectPoll may go on to another address and another socket with the same number.
  if (watched_ >= 0) loop_.Unwatch(std::exchange(watched_, -1));
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      Want(EPOLLIN);
      break;
    case PGRES_POLLING_OK:
      BeginSettingUp();
      break;
    case PGRES_POLLING_FAILED:
      why_broken_ = ConnectionError(connection_.get(), settings_.connection);
      Break("cannot connect");
      break;
    default:
      Want(EPOLLOUT);
      break;
  }
}

void PostgresSession::BeginSettingUp() {
  state_ = State::kSettingUp;
  PQsetnonblocking(connection_.get(), 1);
  EnterPipeline();
  for (const std::string& statement : settings_.set_up) SendOwn(nullptr, statement.c_str());
  if (settings_.prepared) {
    for (Statement* statement : statements_.Common()) SendOwn(statement, nullptr);
  }
  if (in_flight_.empty()) BecomeOpen();
  Flush();
}

void PostgresSession::BecomeOpen() {
  state_ = State::kOpen;
  wait_ns_ = kShortestWaitNs;
  loop_.Cancel(std::exchange(timer_, 0));
  if (on_loop_) sink_.Ready(this);
}

void PostgresSession::Disconnect() {
  if (watched_ >= 0) loop_.Unwatch(std::exchange(watched_, -1));
  wanted_ = 0;
  send_failed_ = false;
  connection_.reset();
}

void PostgresSession::Break(std::string words) {
  if (words.empty()) words = "connection lost";
  if (why_broken_.ok()) {
    why_broken_ = absl::UnavailableError(
        absl::StrCat("postgres at ", settings_.connection.place, ": ", words));
  }
  Disconnect();
  state_ = State::kBroken;
  SetTimer(wait_ns_);
  wait_ns_ = std::min(2 * wait_ns_, kLongestWaitNs);
  FailAll(words);
}

void PostgresSession::FailAll(const std::string& words) {
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
      CompleteLost(lost.ticket, true, words);
    }
  }
  if (!upload_.active()) return;
  const bool sent = !upload_.waiting();
  const Ticket ticket = upload_.ticket();
  upload_.Drop();
  CompleteLost(ticket, sent, words);
}

void PostgresSession::CompleteLost(Ticket ticket, bool sent, const std::string& words) {
  Outcome outcome;
  outcome.verdict = sent ? Verdict::kInDoubt : Verdict::kFailed;
  outcome.retryable = true;
  outcome.detail = words;
  sink_.Complete(ticket, outcome);
}

// Leaves the connection with everything that is under way on it; all of that has been abandoned.
void PostgresSession::Reconnect() {
  Disconnect();
  state_ = State::kBroken;
  while (!in_flight_.empty()) in_flight_.Pop();
  answer_.Reset();
  if (upload_.active() && !upload_.waiting()) upload_.Drop();
  FailAll("connection given up before the operation was sent");
  BeginConnecting();
}

void PostgresSession::OnReady(uint32_t) {
  if (state_ == State::kConnecting) {
    ContinueConnecting();
  } else if (connection_ != nullptr) {
    ReadAnswers();
    Flush();
  }
}

void PostgresSession::OnTimer() {
  timer_ = 0;
  if (state_ == State::kBroken) {
    BeginConnecting();
  } else if (state_ != State::kOpen) {
    Break(absl::StrCat("no answer within ", settings_.connection.timeout_ns / kNsPerMs, " ms"));
  }
}

void PostgresSession::Want(uint32_t epoll_events) {
  const bool changed = std::exchange(wanted_, epoll_events) != epoll_events;
  if (!on_loop_) return;
  if (watched_ < 0) {
    watched_ = PQsocket(connection_.get());
    loop_.Watch(watched_, epoll_events, this);
  } else if (changed) {
    loop_.Rewatch(watched_, epoll_events);
  }
}

void PostgresSession::SetTimer(int64_t in_ns) {
  if (!on_loop_) return;
  loop_.Cancel(timer_);
  timer_ = loop_.Schedule(loop_.Now() + in_ns, this);
}

// ------------------------------------------------------------------------------------ sending

int PostgresSession::Capacity() const {
  if (state_ != State::kOpen || upload_.active()) return 0;
  return settings_.depth - static_cast<int>(in_flight_.size());
}

void PostgresSession::Start(const Operation& operation, Ticket ticket) {
  if (GoesByCopy(operation, settings_)) {
    upload_.Accept(operation, ticket);
    if (in_flight_.empty()) BeginUpload();
    return;
  }
  EnterPipeline();
  InFlight in_flight;
  in_flight.ticket = ticket;
  in_flight.shape = {operation.kind, operation.records, operation.in_doubt, {}, 0};
  Encode(operation, &in_flight);
  in_flight_.Push(in_flight);
  // libpq 15 hands the bytes to the socket here; a later one could wait for Flush.
  Sent(PQpipelineSync(connection_.get()));
  if (send_failed_) Break(FirstLine(PQerrorMessage(connection_.get())));
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
      parameters_.Clear();
      AddRecord(operation.first_record, operation.revision);
      Execute(statements_.Replace(), in_flight);
      break;
    case OperationKind::kQuery:
      SendQuery(operation, in_flight);
      break;
  }
}

void PostgresSession::SendGuardedRows(const Operation& operation, InFlight* in_flight) {
  in_flight->shape.guard = settings_.guard->table_name();
  parameters_.Clear();
  parameters_.Add(FieldType::kInt64, Value::Integer(settings_.guard->writer()));
  parameters_.Add(FieldType::kInt64, Value::Integer(static_cast<int64_t>(operation.first_record)));
  Execute(statements_.Guard(), in_flight);
  in_flight->shape.bytes_sent = 0;  // payload only
  SendRows(operation, OnConflict::kFail, in_flight);
}

// As many statements as the protocol's limit on parameters asks for; all before one sync, which
// makes them one transaction.
void PostgresSession::SendRows(const Operation& operation, OnConflict on_conflict,
                               InFlight* in_flight) {
  const uint64_t most = ParameterList::kMost / records_.schema().fields.size();
  for (uint64_t done = 0; done < operation.records;) {
    const uint64_t rows = std::min<uint64_t>(most, operation.records - done);
    parameters_.Clear();
    for (uint64_t row = 0; row < rows; ++row) {
      AddRecord(operation.first_record + done + row, operation.revision);
    }
    Execute(statements_.Insert(rows, on_conflict), in_flight);
    done += rows;
  }
}

void PostgresSession::SendId(const Operation& operation, Statement& statement,
                             InFlight* in_flight) {
  records_.Make(operation.first_record, 0, &record_);
  parameters_.Clear();
  parameters_.Add(FieldType::kText, record_[records_.schema().id_field]);
  Execute(statement, in_flight);
}

void PostgresSession::SendQuery(const Operation& operation, InFlight* in_flight) {
  parameters_.Clear();
  for (size_t i = 0; i < operation.parameters.size(); ++i) {
    parameters_.Add(operation.query->parameters[i], operation.parameters[i]);
  }
  Execute(statements_.Query(*operation.query), in_flight);
}

void PostgresSession::AddRecord(uint64_t index, uint64_t revision) {
  records_.Make(index, revision, &record_);
  parameters_.AddRecord(records_.schema(), record_);
}

void PostgresSession::Execute(Statement& statement, InFlight* in_flight) {
  in_flight->shape.bytes_sent += parameters_.bytes();
  if (!settings_.prepared) {
    Sent(PQsendQueryParams(connection_.get(), statement.sql.c_str(), parameters_.size(),
                           statement.types.data(), parameters_.values(), parameters_.lengths(),
                           parameters_.formats(), kBinary));
    return;
  }
  if (!statement.sent) Parse(statement, in_flight);
  Sent(PQsendQueryPrepared(connection_.get(), statement.name.c_str(), parameters_.size(),
                           parameters_.values(), parameters_.lengths(), parameters_.formats(),
                           kBinary));
}

void PostgresSession::Parse(Statement& statement, InFlight* in_flight) {
  statement.name = statements_.NewName();
  statement.sent = true;
  Sent(PQsendPrepare(connection_.get(), statement.name.c_str(), statement.sql.c_str(),
                     static_cast<int>(statement.types.size()), statement.types.data()));
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
    Sent(PQsendQueryParams(connection_.get(), statement, 0, nullptr, nullptr, nullptr, nullptr,
                           kBinary));
  }
  Sent(PQpipelineSync(connection_.get()));
  in_flight_.Push(in_flight);
}

void PostgresSession::EnterPipeline() {
  if (PQpipelineStatus(connection_.get()) == PQ_PIPELINE_OFF) {
    Sent(PQenterPipelineMode(connection_.get()));
  }
}

void PostgresSession::BeginUpload() {
  Sent(PQexitPipelineMode(connection_.get()));
  Sent(upload_.Begin(connection_.get()));
}

void PostgresSession::Sent(int success) {
  if (success == 0) send_failed_ = true;
}

void PostgresSession::Flush() {
  if (state_ != State::kSettingUp && state_ != State::kOpen) return;
  const bool broken = send_failed_ || PQstatus(connection_.get()) == CONNECTION_BAD;
  const int unsent = broken ? -1 : PQflush(connection_.get());
  if (unsent < 0) {
    Break(FirstLine(PQerrorMessage(connection_.get())));
    return;
  }
  const bool more = unsent > 0 || upload_.sending();
  Want(more ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void PostgresSession::Abandon(Ticket ticket) {
  if (upload_.active() && upload_.ticket() == ticket) {
    const bool sent = !upload_.waiting();
    upload_.Drop();
    if (sent) Reconnect();
    return;
  }
  // Answers come in order: while others wait on this connection, the late one is read and dropped.
  bool all_abandoned = true;
  for (size_t i = 0; i < in_flight_.size(); ++i) {
    if (in_flight_[i].ticket == ticket) in_flight_[i].abandoned = true;
    all_abandoned = all_abandoned && in_flight_[i].abandoned;
  }
  if (state_ == State::kOpen && !in_flight_.empty() && all_abandoned) Reconnect();
}

// ------------------------------------------------------------------------------------ answers

void PostgresSession::ReadAnswers() {
  const bool alive = PQconsumeInput(connection_.get()) != 0;
  // Also when the connection is lost: what came before may say why.
  if (upload_.active() && !upload_.waiting()) {
    ContinueUpload();
  } else {
    ReadPipeline();
  }
  if (!alive && (state_ == State::kSettingUp || state_ == State::kOpen)) {
    Break(FirstLine(PQerrorMessage(connection_.get())));
  }
}

void PostgresSession::ContinueUpload() {
  switch (upload_.Continue(connection_.get())) {
    case CopyUpload::Progress::kGoing:
      break;
    case CopyUpload::Progress::kDone:
      FinishUpload();
      break;
    case CopyUpload::Progress::kBroken:
      Break(FirstLine(PQerrorMessage(connection_.get())));
      break;
  }
}

void PostgresSession::FinishUpload() {
  upload_.Drop();
  sink_.Complete(upload_.ticket(), upload_.answer().Finish(upload_.shape()));
}

void PostgresSession::ReadPipeline() {
  int nothing = 0;  // one null ends a statement's results; a second means we are out of step
  while (!in_flight_.empty() && connection_ != nullptr && state_ != State::kConnecting &&
         !PQisBusy(connection_.get())) {
    const ResultPtr result(PQgetResult(connection_.get()));
    if (result == nullptr) {
      if (++nothing < 2 && PQstatus(connection_.get()) != CONNECTION_BAD) continue;
      Break(FirstLine(PQerrorMessage(connection_.get())));
      return;
    }
    nothing = 0;
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      FinishFront();
    } else {
      answer_.Add(result.get());
    }
  }
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
  if (state_ == State::kOpen && in_flight_.empty() && upload_.waiting()) {
    BeginUpload();
    Flush();
  }
}

// A statement that cannot be prepared (its table is missing) is tried again, and fails, with the
// operation that needs it.
void PostgresSession::FinishOwn(const InFlight& done, bool failed, const Outcome& outcome) {
  if (failed && done.must_work) {
    Break(std::string(outcome.detail));
  } else if (in_flight_.empty()) {
    BecomeOpen();
  }
}

}  // namespace weir
