// A real run, as a user starts it: `weir run` with agents of its own, by this very program. One
// thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "selftest/child_process.h"

#include "proto/results.pb.h"

namespace weir {

class LocalRun {
 public:
  // `surroundings`: where it is to run; its arguments and output are filled in.
  static absl::StatusOr<LocalRun> Start(const TemporaryFolder& folder, const std::string& campaign,
                                        int agents, ChildSpec surroundings = {});

  // Waits until the first second of warm-up or measuring has been merged.
  absl::Status WaitUntilDriving(std::chrono::seconds patience);

  // Processes of its agents, as far as they have been started.
  std::vector<pid_t> Agents() const;

  // What has been said on the way, so far.
  std::string Said() const { return ReadWholeFile(output_); }

  // Waits for the end. A run that is INVALID or misses a threshold has a result too.
  absl::StatusOr<v1::RunResult> Result(std::chrono::seconds patience);

  pid_t pid() const { return process_.pid(); }

 private:
  LocalRun(ChildProcess process, std::string output, std::string store)
      : process_(std::move(process)), output_(std::move(output)), store_(std::move(store)) {}

  ChildProcess process_;
  std::string output_;
  std::string store_;
};

// Path of this program.
std::string ThisProgram();

}  // namespace weir
