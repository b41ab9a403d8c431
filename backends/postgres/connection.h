// Opening connections with libpq: options from a target, and failures in one clear line with a
// status code. The password is in the options and nowhere else.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "proto/campaign.pb.h"

namespace weir {

struct ConnectionOptions {
  std::vector<std::pair<std::string, std::string>> pairs;  // libpq's keywords and values
  int64_t timeout_ns = 0;
  std::string place;  // "127.0.0.1:5432, user weir, database logs", for messages

  // As one string, for libraries that take nothing else. Holds the password.
  std::string ToConnectionString() const;
};

// Reads the password from its reference.
absl::StatusOr<ConnectionOptions> MakeConnectionOptions(const v1::PostgresTarget& target);

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using ConnectionPtr = std::unique_ptr<PGconn, FinishConnection>;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

// Begins a non-blocking connect (resolving a host name still blocks); to be polled by
// PQconnectPoll. Never null; check PQstatus.
ConnectionPtr BeginConnecting(const ConnectionOptions& options);

// Why this connection could not be opened, or was lost.
absl::Status ConnectionError(PGconn* connection, const ConnectionOptions& options);

absl::StatusOr<ConnectionPtr> ConnectBlocking(const ConnectionOptions& options);

// The first line of what libpq or the server said, without libpq's preamble; where libpq tried
// several addresses, of what it said about the last.
std::string FirstLine(const char* message);

}  // namespace weir
