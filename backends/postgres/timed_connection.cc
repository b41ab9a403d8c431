#include "backends/postgres/timed_connection.h"

#include <poll.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "backends/postgres/sqlstate.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir {
namespace {

absl::Status Refusal(const PGresult* result) {
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return {StatusCodeOfSqlState(code == nullptr ? "" : code), words == nullptr ? "refused" : words};
}

}  // namespace

void TimedConnection::Allow(int64_t span_ns) { deadline_ns_ = MonotonicNs() + span_ns; }

absl::Status TimedConnection::Open() {
  if (connection_ != nullptr) return absl::OkStatus();
  ConnectionOptions options = options_;
  options.timeout_ns = std::min(options.timeout_ns, deadline_ns_ - MonotonicNs());
  WEIR_ASSIGN_OR_RETURN(connection_, ConnectBlocking(options));
  for (const std::string& statement : set_up_) {
    const absl::Status status = Exchange(statement, {}).status();
    if (status.ok()) continue;
    connection_.reset();
    return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<ResultPtr> TimedConnection::Ask(const std::string& sql,
                                               const std::vector<const char*>& parameters) {
  WEIR_RETURN_IF_ERROR(Open());
  return Exchange(sql, parameters);
}

absl::Status TimedConnection::Lost(const char* why) {
  connection_.reset();
  return absl::UnavailableError(why);
}

absl::StatusOr<ResultPtr> TimedConnection::Exchange(const std::string& sql,
                                                    const std::vector<const char*>& parameters) {
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(parameters.size()),
                        nullptr, parameters.data(), nullptr, nullptr, 0) != 1) {
    return Lost("the connection was lost");
  }
  ResultPtr answer;
  for (;;) {
    if (!AwaitAnswer()) return Lost("no answer in time");
    ResultPtr result(PQgetResult(connection_.get()));
    if (result == nullptr) break;
    answer = std::move(result);
  }
  if (PQstatus(connection_.get()) != CONNECTION_OK) return Lost("the connection was lost");
  const ExecStatusType status = PQresultStatus(answer.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return answer;
  return Refusal(answer.get());
}

// Until PQgetResult will not block; false at the deadline.
bool TimedConnection::AwaitAnswer() {
  while (PQisBusy(connection_.get()) == 1) {
    const int64_t left_ms = (deadline_ns_ - MonotonicNs()) / kNsPerMs;
    pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
    if (left_ms <= 0 || poll(&socket, 1, static_cast<int>(left_ms)) == 0) return false;
    if (PQconsumeInput(connection_.get()) != 1) return true;  // broken, which PQgetResult tells
  }
  return true;
}

}  // namespace weir
