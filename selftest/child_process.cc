#include "selftest/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "base/check.h"
#include "base/status.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

std::atomic<bool> interrupted{false};

// In the child, between fork and exec: system calls only.
bool EnterSurroundings(const ChildSpec& spec) {
  if (spec.own_network && (unshare(CLONE_NEWNET) != 0 || !SetLoopback(/*up=*/true))) return false;
  if (spec.join_cgroup.empty()) return true;
  const int group = open(spec.join_cgroup.c_str(), O_WRONLY | O_CLOEXEC);
  return group >= 0 && write(group, "0", 1) == 1;
}

[[noreturn]] void Become(const ChildSpec& spec, int output, char* const* argv, pid_t parent) {
  if (!EnterSurroundings(spec)) _exit(126);
  if (spec.as.has_value() &&
      (setgroups(0, nullptr) != 0 || setgid(spec.as->group) != 0 || setuid(spec.as->user) != 0)) {
    _exit(126);
  }
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) ::signal(signal, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGINT);
  if (getppid() != parent) _exit(126);
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

int ExitCodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

bool SetLoopback(bool up) {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = up ? IFF_UP : 0;
  const bool done = any >= 0 && ioctl(any, SIOCSIFFLAGS, &request) == 0;
  close(any);
  return done;
}

absl::StatusOr<ChildProcess> ChildProcess::Start(const ChildSpec& spec) {
  const int output = open(spec.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (output < 0) {
    return absl::InternalError(absl::StrCat(spec.output, ": ", std::strerror(errno)));
  }
  std::vector<char*> argv;
  for (const std::string& argument : spec.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(spec, output, argv.data(), parent);
  const int error = errno;
  close(output);
  if (pid < 0) {
    return absl::InternalError(absl::StrCat(spec.arguments[0], ": ", std::strerror(error)));
  }
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  ending_ = true;
  Signal(SIGCONT);
  Signal(SIGINT);
  if (Wait(10s).ok()) return;
  Signal(SIGKILL);
  Wait(10s).IgnoreError();
}

absl::StatusOr<int> ChildProcess::Wait(std::chrono::milliseconds patience) {
  WEIR_CHECK(pid_ > 0);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    int status;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return ExitCodeOf(status);
    }
    if (interrupted && !ending_) return absl::CancelledError("interrupted");
    if (std::chrono::steady_clock::now() >= deadline) {
      return absl::DeadlineExceededError("has not ended in time");
    }
    std::this_thread::sleep_for(5ms);
  }
}

void ChildProcess::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

void NoticeInterrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
}

bool Interrupted() { return interrupted; }

absl::Status RunToEnd(const ChildSpec& spec, std::chrono::seconds patience) {
  const std::string name = std::filesystem::path(spec.arguments[0]).filename();
  WEIR_ASSIGN_OR_RETURN(ChildProcess child, ChildProcess::Start(spec));
  const absl::StatusOr<int> code = child.Wait(patience);
  if (!code.ok()) return Annotate(code.status(), name);
  if (*code == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(name, " ended with ", *code, ": ", LastLines(spec.output)));
}

std::string ReadWholeFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string LastLines(const std::string& path) {
  constexpr size_t kMost = 300;
  const std::string text = ReadWholeFile(path);
  const std::string end = text.size() > kMost ? text.substr(text.size() - kMost) : text;
  return absl::StrJoin(absl::StrSplit(end, '\n', absl::SkipWhitespace()), " ");
}

TemporaryFolder::TemporaryFolder() {
  std::string path = std::filesystem::temp_directory_path() / "weir-selftest-XXXXXX";
  WEIR_CHECK(mkdtemp(path.data()) != nullptr);
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace weir
