// Another program, for as long as it is needed: started without a shell, its output in a file,
// ended with this object and with this process. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir {

// Whose programs refuse to run as root.
struct UnixUser {
  uid_t user;
  gid_t group;
};

struct ChildSpec {
  std::vector<std::string> arguments;  // the program first, with its path
  std::string output;                  // file for standard output and standard error
  std::optional<UnixUser> as = std::nullopt;
  bool own_network = false;  // a network namespace of its own, with nothing but loopback
  std::string join_cgroup;   // the cgroup.procs file of a group to begin in; or none
};

class ChildProcess {
 public:
  static absl::StatusOr<ChildProcess> Start(const ChildSpec& spec);
  ChildProcess(ChildProcess&& other) noexcept;
  ~ChildProcess();  // interrupts it; kills it when that does not help

  // The exit code; 128 + signal after a signal. kDeadlineExceeded when it has not ended, kCancelled
  // after an interrupt.
  absl::StatusOr<int> Wait(std::chrono::milliseconds patience);
  void Signal(int signal) const;
  pid_t pid() const { return pid_; }

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;  // −1: has ended
  bool ending_ = false;
};

// From here on Ctrl-C ends waiting for a child, so that what was started and written can be cleared
// away; a second one ends this process.
void NoticeInterrupt();
bool Interrupted();

// Runs it to its end; an error with its last words unless it exits with 0.
absl::Status RunToEnd(const ChildSpec& spec, std::chrono::seconds patience);

// The loopback interface of the calling process's network namespace.
bool SetLoopback(bool up);

std::string ReadWholeFile(const std::string& path);  // empty when there is none
std::string LastLines(const std::string& path);      // on one line

// A new folder below the system's one for temporary files; removed with this object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace weir
