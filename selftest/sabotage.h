// What S8 does to a run to see whether the right gate notices. Each acts on a run that is being
// driven, blocks until it is done and undoes it. kUnimplemented: this machine does not permit it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "selftest/local_run.h"

namespace weir {

// Stops the agents' processes for 150 ms.
absl::Status SuspendAgents(const LocalRun& run);

// Keeps every core busy for 7 s: longer than the span over which gates judge.
absl::Status HogCores(const LocalRun& run);

// Takes the loopback interface of the run's network namespace down, again and again.
absl::Status DropPackets(const LocalRun& run);

// A group of processes of our own whose CPU time can be limited; removed with this object, when all
// its processes have ended.
class CpuGroup {
 public:
  static absl::StatusOr<CpuGroup> Make();
  CpuGroup(CpuGroup&& other) noexcept;
  ~CpuGroup();

  std::string procs() const { return folder_ + "/cgroup.procs"; }

  // 1 % of one core for 2 s.
  absl::Status Squeeze() const;

 private:
  CpuGroup(std::string folder, bool unified) : folder_(std::move(folder)), unified_(unified) {}

  bool SetLimit(bool limited) const;

  std::string folder_;
  bool unified_;  // version 2 of control groups
};

}  // namespace weir
