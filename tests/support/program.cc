#include "tests/support/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPoll = std::chrono::milliseconds(10);

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string NewMark() {
  static std::atomic<int> count{0};
  return absl::StrCat(getpid(), "-", ++count);
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment)
    : mark_(NewMark()), output_path_(absl::StrCat("/tmp/weir-test-", mark_, ".out")) {
  std::vector<std::string> variables = environment;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  variables.push_back(absl::StrCat("WEIR_TEST_MARK=", mark_));
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output_path_.c_str(),
                                   O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  const auto argv = Pointers(arguments);
  const auto envp = Pointers(variables);
  if (posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), envp.data()) != 0) ended_ = true;
  posix_spawn_file_actions_destroy(&files);
}

Program::~Program() {
  for (const pid_t pid : Processes("")) kill(pid, SIGKILL);
  if (!ended_) waitpid(pid_, nullptr, 0);
  unlink(output_path_.c_str());
}

int Program::Wait(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  int status = 0;
  while (!ended_) {
    ended_ = waitpid(pid_, &status, WNOHANG) == pid_;
    if (ended_) status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (!ended_ && Clock::now() > deadline) return -1;
    if (!ended_) std::this_thread::sleep_for(kPoll);
  }
  return status_;
}

bool Program::WaitForOutput(const std::string& text, std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!absl::StrContains(Output(), text)) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

void Program::Signal(int signal) { kill(pid_, signal); }

std::string Program::Output() const { return ReadAll(output_path_); }

std::vector<pid_t> Program::Processes(const std::string& name) const {
  const std::string marked = absl::StrCat("WEIR_TEST_MARK=", mark_);
  std::vector<pid_t> found;
  DIR* processes = opendir("/proc");
  while (const dirent* entry = readdir(processes)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    const std::string folder = absl::StrCat("/proc/", pid);
    const std::string variables = ReadAll(folder + "/environ");
    const bool ours = absl::StrContains(variables, marked + std::string(1, '\0'));
    if (ours && absl::StrContains(ReadAll(folder + "/cmdline"), name)) found.push_back(pid);
  }
  closedir(processes);
  return found;
}

ProgramEnd RunProgram(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment, std::chrono::seconds patience) {
  Program program(arguments, environment);
  const int code = program.Wait(patience);
  return {code, program.Output()};
}

}  // namespace weir
