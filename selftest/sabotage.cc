#include "selftest/sabotage.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

absl::Status NotPermitted(absl::string_view what) {
  return absl::UnimplementedError(absl::StrCat(what, ": ", std::strerror(errno)));
}

bool WriteTo(const std::string& path, absl::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return written;
}

}  // namespace

absl::Status SuspendAgents(const LocalRun& run) {
  const std::vector<pid_t> agents = run.Agents();
  if (agents.empty()) return absl::UnimplementedError("the run's agents cannot be found in /proc");
  for (const pid_t agent : agents) kill(agent, SIGSTOP);
  std::this_thread::sleep_for(150ms);
  for (const pid_t agent : agents) kill(agent, SIGCONT);
  return absl::OkStatus();
}

absl::Status HogCores(const LocalRun&) {
  std::atomic<bool> enough{false};
  std::vector<std::thread> hogs;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    hogs.emplace_back([&enough] {
      while (!enough.load(std::memory_order_relaxed)) {
      }
    });
  }
  std::this_thread::sleep_for(7s);
  enough = true;
  for (std::thread& hog : hogs) hog.join();
  return absl::OkStatus();
}

// Segments that are sent while the interface is down are lost and have to be sent again. A child
// enters the namespace, since this process could not come back.
absl::Status DropPackets(const LocalRun& run) {
  const std::string space = absl::StrCat("/proc/", run.pid(), "/ns/net");
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(space.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 || setns(file, CLONE_NEWNET) != 0) _exit(1);
    for (int i = 0; i < 8; ++i) {
      if (!SetLoopback(false)) _exit(1);
      usleep(600'000);
      if (!SetLoopback(true)) _exit(1);
      usleep(400'000);
    }
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
    return NotPermitted("the run's loopback interface cannot be taken down");
  }
  return absl::OkStatus();
}

// --------------------------------------------------------------------------------- CpuGroup

absl::StatusOr<CpuGroup> CpuGroup::Make() {
  for (absl::string_view line :
       absl::StrSplit(ReadWholeFile("/proc/self/cgroup"), '\n', absl::SkipWhitespace())) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const bool unified = parts[1].empty();
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    const bool cpu = std::find(controllers.begin(), controllers.end(), "cpu") != controllers.end();
    if (!unified && !cpu) continue;
    const std::string mount = unified ? "" : absl::StrCat("/", parts[1]);
    CpuGroup group(absl::StrCat("/sys/fs/cgroup", mount, parts[2] == "/" ? "" : parts[2],
                                "/weir-selftest-", getpid()),
                   unified);
    if (mkdir(group.folder_.c_str(), 0755) == 0 && group.SetLimit(false)) return group;
  }
  return NotPermitted("no control group with a CPU limit can be made here");
}

CpuGroup::CpuGroup(CpuGroup&& other) noexcept
    : folder_(std::exchange(other.folder_, "")), unified_(other.unified_) {}

CpuGroup::~CpuGroup() {
  if (!folder_.empty()) rmdir(folder_.c_str());
}

bool CpuGroup::SetLimit(bool limited) const {
  if (unified_) return WriteTo(folder_ + "/cpu.max", limited ? "1000 100000" : "max 100000");
  return WriteTo(folder_ + "/cpu.cfs_quota_us", limited ? "1000" : "-1");
}

absl::Status CpuGroup::Squeeze() const {
  if (!SetLimit(true)) return NotPermitted(folder_);
  std::this_thread::sleep_for(2s);
  if (!SetLimit(false)) return NotPermitted(folder_);
  return absl::OkStatus();
}

}  // namespace weir
