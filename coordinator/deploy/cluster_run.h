// A run on Kubernetes from its start to its report, through kubectl: create the objects, follow the
// coordinator's log, copy the results, clear away. Each step finds the run by its id alone, so that
// another terminal can take it up. For one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "coordinator/deploy/kubectl.h"
#include "coordinator/deploy/pod_report.h"

namespace weir {

// The line by which a coordinator says that its report can be fetched (`weir run --await-fetch`).
inline constexpr char kReportReady[] = "the report is ready to be fetched";
// In the folder of the report: made by the coordinator when all of it is there, and by who has
// fetched it.
inline constexpr char kReadyFile[] = "ready";
inline constexpr char kFetchedFile[] = "fetched";
// In an agent's spool: made by an agent that waits for what it leaves behind to be copied
// (`weir-agent --await-fetch`).
inline constexpr char kLeftBehindFile[] = "left-behind";

// The world of a ClusterRun besides kubectl.
struct ClusterRunPort {
  std::function<void(const std::string& line)> say;  // to the user
  std::function<void(std::string_view line)> log;    // a line of the coordinator's
  std::function<void(int64_t ns)> sleep;
  std::function<int64_t()> now_ns;
  std::function<bool()> interrupted;  // the user wants to stop watching
};

class ClusterRun {
 public:
  ClusterRun(Kubectl* kubectl, std::string run_id, ClusterRunPort port);

  // Asks the server about all objects first, so that it takes all or none.
  absl::Status Create(const std::string& manifests);

  enum class Standing { kReady, kEnded, kInterrupted };
  // Waits for the pods and shows the coordinator's log until there is a report, or no coordinator.
  // Gives up when none has started after that time.
  absl::StatusOr<Standing> Follow(int64_t start_timeout_ns);

  // Copies the results into `folder`, with the dead letters of all agents beside the results store
  // and whatever else an agent has left below agents/POD, and lets them end. May be repeated; of a
  // coordinator that has ended only agents' files are copied, and that is an error.
  absl::Status Fetch(const std::string& folder);

  // The coordinator's exit code, which is that of `weir run`; waits a while for its end.
  absl::StatusOr<int> ExitCode();

  // Deletes whatever bears the run's label, and nothing else.
  absl::Status Clean();

 private:
  absl::StatusOr<std::vector<PodReport>> Pods();
  absl::StatusOr<std::optional<PodReport>> Coordinator();
  absl::StatusOr<Standing> FollowLog(int64_t start_timeout_ns);
  absl::StatusOr<bool> AwaitStart(int64_t start_timeout_ns);
  void SayTroubles(const std::vector<PodReport>& pods);
  void SayOnce(std::string line);
  void SayLostAgents();
  absl::Status Copy(const char* container, const std::string& pod, const std::string& from,
                    const std::string& to);
  absl::StatusOr<int> FetchFromAgents(const std::string& folder);
  absl::Status FetchFromAgent(const std::string& pod, const std::string& folder);
  absl::StatusOr<std::string> RunOrFail(const std::vector<std::string>& arguments,
                                        const std::string& input = "");

  Kubectl* const kubectl_;
  const std::string run_id_;
  const ClusterRunPort port_;
  std::vector<std::string> said_;  // troubles
};

}  // namespace weir
