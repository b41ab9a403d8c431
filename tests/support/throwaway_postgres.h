// A real PostgreSQL for one test program: own data directory and port, unprivileged, fsync off.
// Goes with this object, and with the test program however that ends (scripts/postgres.sh hold).
#pragma once

#include <sys/types.h>

#include <string>

namespace weir {

class ThrowawayPostgres {
 public:
  // User postgres needs this password; everyone is trusted when it is empty. Throws nothing: aborts
  // with the script's words when no server can be started. `options` are postgres's own.
  explicit ThrowawayPostgres(const std::string& password = "",
                             const std::string& options = "-c fsync=off -c max_connections=50");
  ~ThrowawayPostgres();
  ThrowawayPostgres(const ThrowawayPostgres&) = delete;
  ThrowawayPostgres& operator=(const ThrowawayPostgres&) = delete;

  int port() const { return port_; }
  const std::string& socket_directory() const { return directory_; }

  void Kill() { Command("kill"); }  // connections break, as in a crash
  void Start() { Command("start"); }

 private:
  void Command(const std::string& command);
  void ExpectOk();

  std::string directory_;
  int port_ = 0;
  pid_t keeper_ = -1;
  int to_keeper_ = -1;
  int from_keeper_ = -1;
};

}  // namespace weir
