// A PostgreSQL server of our own: its own data folder and port, fsync off, gone with this object.
// Never touches one that the machine runs. One thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "selftest/child_process.h"

namespace weir {

// The folder with initdb, postgres, psql and pgbench: the given one, $WEIR_PG_BIN or the newest
// below /usr/lib/postgresql. kNotFound says what to do.
absl::StatusOr<std::string> FindPostgres(const std::string& given);

class ThrowawayServer {
 public:
  static absl::StatusOr<std::unique_ptr<ThrowawayServer>> Start(const std::string& programs);

  // On the loopback interface; user and database "postgres", no password.
  int port() const { return port_; }

  // Runs one statement with psql: its rows without decoration.
  absl::StatusOr<std::string> Query(const std::string& sql) const;

 private:
  explicit ThrowawayServer(std::string programs) : programs_(std::move(programs)) {}

  absl::Status CreateCluster();
  absl::Status StartServer();

  const std::string programs_;
  TemporaryFolder folder_;
  std::optional<UnixUser> user_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> server_;  // ends before its folder goes
};

}  // namespace weir
