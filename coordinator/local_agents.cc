#include "coordinator/local_agents.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

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

}  // namespace

absl::Status LocalAgents::Start(int count, const std::string& coordinator,
                                const std::string& dead_letters) {
  std::error_code error;
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "weir-agent";
  for (int i = 0; i < count; ++i) {
    const std::string name = absl::StrCat("agent-", i);
    const char* argv[] = {
        program.c_str(),  "--coordinator",      coordinator.c_str(), "--name", name.c_str(),
        "--dead-letters", dead_letters.c_str(), "--die-with-parent", nullptr};
    pid_t pid;
    const int failed =
        posix_spawn(&pid, program.c_str(), nullptr, nullptr, const_cast<char**>(argv), environ);
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
