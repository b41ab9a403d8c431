#include "tests/support/throwaway_postgres.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/check.h"

namespace weir {
namespace {

constexpr const char* kScript = WEIR_SOURCE_DIR "/scripts/postgres.sh";

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  WEIR_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  WEIR_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

std::string NewDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-postgres-XXXXXX").string();
  WEIR_CHECK(mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

std::vector<std::string> KeeperEnvironment(const std::string& password,
                                           const std::string& options) {
  std::vector<std::string> variables = {absl::StrCat("WEIR_PG_OPTIONS=", options),
                                        absl::StrCat("WEIR_PG_PASSWORD=", password)};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::string_view(*variable).substr(0, 8) != "WEIR_PG_") variables.emplace_back(*variable);
  }
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(std::vector<std::string> arguments, std::vector<std::string> environment, int in,
            int out) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  pid_t pid = -1;
  WEIR_CHECK(posix_spawnp(&pid, arguments[0].c_str(), &files, nullptr, Pointers(arguments).data(),
                          Pointers(environment).data()) == 0);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

}  // namespace

ThrowawayPostgres::ThrowawayPostgres(const std::string& password, const std::string& options)
    : directory_(NewDirectory()), port_(FreePort()) {
  // Closed on exec: only this program holds the writing end, so that its end is the keeper's too.
  int commands[2];
  int answers[2];
  WEIR_CHECK(pipe2(commands, O_CLOEXEC) == 0 && pipe2(answers, O_CLOEXEC) == 0);
  keeper_ = Spawn({"bash", kScript, "hold", directory_, absl::StrCat(port_)},
                  KeeperEnvironment(password, options), commands[0], answers[1]);
  close(commands[0]);
  close(answers[1]);
  to_keeper_ = commands[1];
  from_keeper_ = answers[0];
  ExpectOk();
}

ThrowawayPostgres::~ThrowawayPostgres() {
  close(to_keeper_);
  waitpid(keeper_, nullptr, 0);
  close(from_keeper_);
}

void ThrowawayPostgres::Command(const std::string& command) {
  const std::string line = command + "\n";
  WEIR_CHECK(write(to_keeper_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  ExpectOk();
}

void ThrowawayPostgres::ExpectOk() {
  std::string answer;
  char letter = 0;
  while (read(from_keeper_, &letter, 1) == 1 && letter != '\n') answer += letter;
  WEIR_CHECK(answer == "ok");
}

}  // namespace weir
