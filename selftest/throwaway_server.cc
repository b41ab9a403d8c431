#include "selftest/throwaway_server.h"

#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

bool HoldsPostgres(const std::string& folder) {
  for (const char* program : {"initdb", "postgres", "psql", "pgbench"}) {
    if (access(absl::StrCat(folder, "/", program).c_str(), X_OK) != 0) return false;
  }
  return true;
}

// One that nobody listens on now.
int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  close(socket);
  return ntohs(address.sin_port);
}

// PostgreSQL refuses to run as root.
std::optional<UnixUser> ServerUser() {
  if (getuid() != 0) return std::nullopt;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) user = getpwnam("nobody");
  if (user == nullptr) return std::nullopt;
  return UnixUser{user->pw_uid, user->pw_gid};
}

}  // namespace

absl::StatusOr<std::string> FindPostgres(const std::string& given) {
  std::vector<std::string> folders;
  if (const char* set = std::getenv("WEIR_PG_BIN"); set != nullptr) folders.emplace_back(set);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    folders.push_back(entry.path() / "bin");
  }
  std::sort(folders.begin(), folders.end(), std::greater<>());
  if (!given.empty()) folders = {given};
  for (const std::string& folder : folders) {
    if (HoldsPostgres(folder)) return folder;
  }
  return absl::NotFoundError(
      absl::StrCat("initdb, postgres, psql and pgbench were not found in ",
                   given.empty() ? "/usr/lib/postgresql/*/bin" : given,
                   "; install PostgreSQL or say where its programs are with --postgres-bin"));
}

absl::StatusOr<std::unique_ptr<ThrowawayServer>> ThrowawayServer::Start(
    const std::string& programs) {
  std::unique_ptr<ThrowawayServer> server(new ThrowawayServer(programs));
  WEIR_RETURN_IF_ERROR(server->CreateCluster());
  WEIR_RETURN_IF_ERROR(server->StartServer());
  return server;
}

absl::Status ThrowawayServer::CreateCluster() {
  user_ = ServerUser();
  if (user_.has_value() && chown(folder_.path().c_str(), user_->user, user_->group) != 0) {
    return absl::InternalError(absl::StrCat("cannot give ", folder_.path(), " to postgres"));
  }
  return RunToEnd(
      {.arguments = {absl::StrCat(programs_, "/initdb"), "-D", folder_.File("data"), "-U",
                     "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--auth=trust"},
       .output = folder_.File("initdb.log"),
       .as = user_},
      120s);
}

absl::Status ThrowawayServer::StartServer() {
  port_ = FreePort();
  const std::string log = folder_.File("server.log");
  WEIR_ASSIGN_OR_RETURN(
      ChildProcess server,
      ChildProcess::Start({.arguments = {absl::StrCat(programs_, "/postgres"), "-D",
                                         folder_.File("data"), "-p", absl::StrCat(port_), "-k",
                                         folder_.path(), "-h", "127.0.0.1", "-c", "fsync=off"},
                           .output = log,
                           .as = user_}));
  server_ = std::make_unique<ChildProcess>(std::move(server));
  for (int tries = 0; tries < 300; ++tries) {
    if (Query("SELECT 1").ok()) return absl::OkStatus();
    std::this_thread::sleep_for(100ms);
  }
  return absl::InternalError(absl::StrCat("PostgreSQL did not start: ", LastLines(log)));
}

absl::StatusOr<std::string> ThrowawayServer::Query(const std::string& sql) const {
  const std::string output = folder_.File("psql.out");
  WEIR_RETURN_IF_ERROR(RunToEnd(
      {.arguments = {absl::StrCat(programs_, "/psql"), "-h", "127.0.0.1", "-p", absl::StrCat(port_),
                     "-U", "postgres", "-X", "-A", "-t", "-q", "-c", sql},
       .output = output},
      60s));
  return ReadWholeFile(output);
}

}  // namespace weir
