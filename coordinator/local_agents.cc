#include "coordinator/local_agents.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace weir {
namespace {

constexpr int kPatienceMs = 3000;
constexpr int kPatienceAfterTermMs = 1000;

std::string DescribeEnd(int status) {
  if (WIFSIGNALED(status)) {
    return absl::StrCat("was killed by signal ", WTERMSIG(status), " (",
                        strsignal(WTERMSIG(status)), ")");
  }
  return absl::StrCat("ended with exit code ", WEXITSTATUS(status));
}

// Ours, with the run's token instead of one that somebody may have set for another.
std::vector<std::string> EnvironmentWith(const JoinToken& token) {
  const std::string own = absl::StrCat(kJoinTokenVariable, "=");
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!absl::StartsWith(*variable, own)) variables.emplace_back(*variable);
  }
  variables.push_back(own + token.Reveal());
  return variables;
}

}  // namespace

absl::Status LocalAgents::Start(int count, const std::string& coordinator, const JoinToken& token,
                                const std::string& dead_letters) {
  std::error_code error;
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "weir-agent";
  std::vector<std::string> variables = EnvironmentWith(token);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  for (int i = 0; i < count; ++i) {
    const std::string name = absl::StrCat("agent-", i);
    const std::string index = absl::StrCat(i);
    const char* argv[] = {program.c_str(),
                          "--coordinator",
                          coordinator.c_str(),
                          "--name",
                          name.c_str(),
                          "--index",
                          index.c_str(),
                          "--dead-letters",
                          dead_letters.c_str(),
                          "--die-with-parent",
                          nullptr};
    pid_t pid;
    const int failed = posix_spawn(&pid, program.c_str(), nullptr, nullptr,
                                   const_cast<char**>(argv), environment.data());
    if (failed != 0) {
      return absl::InternalError(absl::StrCat("cannot start ", program, ": ", strerror(failed)));
    }
    children_.push_back({pid, name});
  }
  return absl::OkStatus();
}

std::optional<LocalAgents::End> LocalAgents::Ended() {
  for (Child& child : children_) {
    int status;
    if (!child.running || waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
    child.running = false;
    return End{child.name, DescribeEnd(status)};
  }
  return std::nullopt;
}

bool LocalAgents::AllEndedWithin(int milliseconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (true) {
    bool running = false;
    while (Ended()) {
    }
    for (const Child& child : children_) running |= child.running;
    if (!running) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void LocalAgents::Signal(int signal) {
  for (const Child& child : children_) {
    if (child.running) kill(child.pid, signal);
  }
}

LocalAgents::~LocalAgents() {
  if (AllEndedWithin(kPatienceMs)) return;
  Signal(SIGTERM);
  if (AllEndedWithin(kPatienceAfterTermMs)) return;
  Signal(SIGKILL);
  AllEndedWithin(kPatienceAfterTermMs);
}

}  // namespace weir
