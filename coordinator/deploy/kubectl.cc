#include "coordinator/deploy/kubectl.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

extern char** environ;

namespace weir {
namespace {

constexpr std::chrono::seconds kMeanwhile(2);

// Both ends of a pipe; an end that was closed is -1.
class Pipe {
 public:
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    Close(0);
    Close(1);
  }
  absl::Status Open() {
    if (pipe2(ends_.data(), O_CLOEXEC) == 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("no pipe: ", std::strerror(errno)));
  }
  int end(int which) const { return ends_[static_cast<size_t>(which)]; }
  void Close(int which) {
    int& end = ends_[static_cast<size_t>(which)];
    if (end >= 0) close(end);
    end = -1;
  }

 private:
  std::array<int, 2> ends_ = {-1, -1};
};

// One process with its three streams, waited for in any case.
class Process {
 public:
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    Wait();
  }

  absl::Status Start(const std::string& program, const std::vector<std::string>& arguments) {
    for (Pipe* pipe : {&in_, &out_, &error_}) WEIR_RETURN_IF_ERROR(pipe->Open());
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.data()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in_.end(0), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out_.end(1), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, error_.end(1), STDERR_FILENO);
    const int failed =
        posix_spawnp(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
      pid_ = -1;
      return absl::NotFoundError(absl::StrCat("cannot start ", program, ": ", std::strerror(failed),
                                              "; install kubectl or say where it is (--kubectl)"));
    }
    in_.Close(0);
    out_.Close(1);
    error_.Close(1);
    return absl::OkStatus();
  }

  void Terminate() {
    if (pid_ > 0) kill(pid_, SIGTERM);
  }

  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  Pipe in_, out_, error_;

 private:
  pid_t pid_ = -1;
};

// Cuts what arrives into lines.
class LineCutter {
 public:
  explicit LineCutter(const std::function<bool(std::string_view)>& on_line) : on_line_(on_line) {}

  bool Take(std::string_view bytes) {
    rest_ += bytes;
    size_t begin = 0;
    for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      wanted_ = on_line_(std::string_view(rest_).substr(begin, end - begin));
      if (!wanted_) return false;
    }
    rest_.erase(0, begin);
    return true;
  }
  void End() {
    if (wanted_ && !rest_.empty()) on_line_(rest_);
  }

 private:
  const std::function<bool(std::string_view)>& on_line_;
  std::string rest_;
  bool wanted_ = true;  // not told to stop
};

// A process that ends before it has read everything must not end us.
class WithoutBrokenPipes {
 public:
  WithoutBrokenPipes() { before_ = signal(SIGPIPE, SIG_IGN); }
  ~WithoutBrokenPipes() { signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

// Feeds `input`, and hands what comes to the two takers; false from the first ends it.
void Pump(Process* process, std::string_view input,
          const std::function<bool(std::string_view)>& take_out,
          const std::function<void(std::string_view)>& take_error,
          const std::function<void()>& meanwhile) {
  const WithoutBrokenPipes guard;
  if (input.empty()) {
    process->in_.Close(1);
  } else {
    fcntl(process->in_.end(1), F_SETFL, O_NONBLOCK);
  }
  std::array<char, 16384> buffer;
  auto due = std::chrono::steady_clock::now() + kMeanwhile;
  while (process->out_.end(0) >= 0 || process->error_.end(0) >= 0) {
    std::array<pollfd, 3> waiting = {{{process->out_.end(0), POLLIN, 0},
                                      {process->error_.end(0), POLLIN, 0},
                                      {process->in_.end(1), POLLOUT, 0}}};
    const int timeout_ms = meanwhile == nullptr ? -1 : 1000;
    if (poll(waiting.data(), waiting.size(), timeout_ms) < 0) {
      if (errno == EINTR) return process->Terminate();
      return;
    }
    if (meanwhile != nullptr && std::chrono::steady_clock::now() >= due) {
      meanwhile();
      due = std::chrono::steady_clock::now() + kMeanwhile;
    }
    if (waiting[2].revents != 0) {
      const ssize_t sent = write(process->in_.end(1), input.data(), input.size());
      if (sent > 0) input.remove_prefix(static_cast<size_t>(sent));
      if (input.empty() || (sent < 0 && errno != EAGAIN)) process->in_.Close(1);
    }
    if (waiting[0].revents != 0) {
      const ssize_t got = read(process->out_.end(0), buffer.data(), buffer.size());
      const bool more = got > 0 && take_out({buffer.data(), static_cast<size_t>(got)});
      if (got > 0 && !more) process->Terminate();
      if (!more) process->out_.Close(0);
    }
    if (waiting[1].revents != 0) {
      const ssize_t got = read(process->error_.end(0), buffer.data(), buffer.size());
      if (got > 0) take_error({buffer.data(), static_cast<size_t>(got)});
      if (got <= 0) process->error_.Close(0);
    }
  }
}

}  // namespace

KubectlProgram::KubectlProgram(std::string program, const std::string& context,
                               const std::string& namespace_name)
    : program_(std::move(program)) {
  if (!context.empty()) first_arguments_.push_back("--context=" + context);
  if (!namespace_name.empty()) first_arguments_.push_back("--namespace=" + namespace_name);
}

absl::StatusOr<KubectlEnd> KubectlProgram::Carry(
    const std::vector<std::string>& arguments, const std::string& input,
    const std::function<bool(std::string_view line)>& on_line,
    const std::function<void()>& meanwhile) {
  std::vector<std::string> all = first_arguments_;
  all.insert(all.end(), arguments.begin(), arguments.end());
  Process process;
  WEIR_RETURN_IF_ERROR(process.Start(program_, all));
  KubectlEnd end;
  LineCutter cutter(on_line);
  Pump(
      &process, input,
      [&](std::string_view bytes) {
        if (on_line != nullptr) return cutter.Take(bytes);
        end.out += bytes;
        return true;
      },
      [&](std::string_view bytes) { end.error += bytes; }, meanwhile);
  if (on_line != nullptr) cutter.End();
  end.exit_code = process.Wait();
  return end;
}

absl::StatusOr<KubectlEnd> KubectlProgram::Run(const std::vector<std::string>& arguments,
                                               const std::string& input) {
  return Carry(arguments, input, nullptr, nullptr);
}

absl::StatusOr<KubectlEnd> KubectlProgram::Stream(
    const std::vector<std::string>& arguments,
    const std::function<bool(std::string_view line)>& on_line,
    const std::function<void()>& meanwhile) {
  return Carry(arguments, "", on_line, meanwhile);
}

}  // namespace weir
