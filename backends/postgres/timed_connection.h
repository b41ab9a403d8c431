// A connection that asks one question at a time and waits for the answer no longer than it is told:
// for watching a server that may hang. Opens itself, also anew when it was lost. One thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "backends/postgres/connection.h"

namespace weir {

class TimedConnection {
 public:
  // `set_up` is carried out on every connection that is opened.
  TimedConnection(ConnectionOptions options, std::vector<std::string> set_up)
      : options_(std::move(options)), set_up_(std::move(set_up)) {}

  // All calls until the next Allow may take this long together. A connection that does not answer
  // in time is given up.
  void Allow(int64_t span_ns);

  absl::Status Open();
  bool is_open() const { return connection_ != nullptr; }
  int server_version() const { return PQserverVersion(connection_.get()); }  // 150004; is_open()
  int process() const { return PQbackendPID(connection_.get()); }            // is_open()

  // Rows as text. A refusal has the status code of its SQLSTATE.
  absl::StatusOr<ResultPtr> Ask(const std::string& sql,
                                const std::vector<const char*>& parameters = {});

 private:
  absl::StatusOr<ResultPtr> Exchange(const std::string& sql,
                                     const std::vector<const char*>& parameters);
  absl::Status Lost(const char* why);
  bool AwaitAnswer();

  const ConnectionOptions options_;
  const std::vector<std::string> set_up_;
  ConnectionPtr connection_;
  int64_t deadline_ns_ = 0;
};

}  // namespace weir
