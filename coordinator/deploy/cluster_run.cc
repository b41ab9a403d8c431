#include "coordinator/deploy/cluster_run.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/deploy/kubernetes_manifests.h"

namespace weir {
namespace {

constexpr int64_t kPauseNs = kNsPerSecond;
constexpr int64_t kPatienceForEndNs = 60 * kNsPerSecond;
constexpr char kContainer[] = "--container=coordinator";
constexpr char kAgentContainer[] = "--container=agent";

std::string SelectorOf(const std::string& run_id) {
  return absl::StrCat("--selector=", kNameLabel, "=weir,", kInstanceLabel, "=", run_id);
}

}  // namespace

ClusterRun::ClusterRun(Kubectl* kubectl, std::string run_id, ClusterRunPort port)
    : kubectl_(kubectl), run_id_(std::move(run_id)), port_(std::move(port)) {}

absl::StatusOr<std::string> ClusterRun::RunOrFail(const std::vector<std::string>& arguments,
                                                  const std::string& input) {
  WEIR_ASSIGN_OR_RETURN(KubectlEnd end, kubectl_->Run(arguments, input));
  if (end.exit_code == 0) return std::move(end.out);
  return absl::InternalError(absl::StrCat(
      "kubectl ", arguments.front(),
      " failed: ", absl::StripAsciiWhitespace(end.error.empty() ? end.out : end.error)));
}

// kubectl may end with 0 and without a word though tar failed in the container: when the archive is
// at its end before it hears of that. So what is there is compared with what came.
absl::Status ClusterRun::Copy(const char* container, const std::string& pod,
                              const std::string& from, const std::string& to) {
  WEIR_RETURN_IF_ERROR(
      RunOrFail({"cp", container, absl::StrCat(pod, ":", from, "/."), to}).status());
  WEIR_ASSIGN_OR_RETURN(
      const std::string files,
      RunOrFail({"exec", container, pod, "--", "find", from, "-type", "f", "-printf", "%s %P\\n"}));
  for (const absl::string_view line : absl::StrSplit(files, '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> file =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    uint64_t bytes = 0;
    std::error_code error;
    const uint64_t came =
        std::filesystem::file_size(std::filesystem::path(to) / std::string(file.second), error);
    if (absl::SimpleAtoi(file.first, &bytes) && !error && came >= bytes) continue;
    return absl::DataLossError(absl::StrCat("kubectl cp did not bring all of ", from, "/",
                                            file.second, "; copy again: weir k8s fetch ", run_id_));
  }
  return absl::OkStatus();
}

absl::Status ClusterRun::Create(const std::string& manifests) {
  WEIR_RETURN_IF_ERROR(
      RunOrFail({"create", "--dry-run=server", "--output=name", "--filename=-"}, manifests)
          .status());
  const absl::Status created =
      RunOrFail({"create", "--output=name", "--filename=-"}, manifests).status();
  if (created.ok()) return created;
  return absl::InternalError(
      absl::StrCat(created.message(), "\nsome objects may be there: weir k8s", " clean ", run_id_));
}

absl::StatusOr<std::vector<PodReport>> ClusterRun::Pods() {
  WEIR_ASSIGN_OR_RETURN(const std::string json,
                        RunOrFail({"get", "pods", SelectorOf(run_id_), "--output=json"}));
  return ReadPodReports(json);
}

absl::StatusOr<std::optional<PodReport>> ClusterRun::Coordinator() {
  WEIR_ASSIGN_OR_RETURN(const std::vector<PodReport> pods, Pods());
  for (const PodReport& pod : pods) {
    if (pod.component == "coordinator") return pod;
  }
  return std::nullopt;
}

// Each trouble of each pod once.
void ClusterRun::SayTroubles(const std::vector<PodReport>& pods) {
  for (const PodReport& pod : pods) {
    if (!pod.trouble.empty()) SayOnce(absl::StrCat(pod.name, ": ", pod.trouble));
  }
}

void ClusterRun::SayOnce(std::string line) {
  if (std::find(said_.begin(), said_.end(), line) != said_.end()) return;
  port_.say(line);
  said_.push_back(std::move(line));
}

// While the coordinator waits for agents that will not come, its log has nothing to say.
void ClusterRun::SayLostAgents() {
  const absl::StatusOr<std::vector<PodReport>> pods = Pods();
  if (!pods.ok()) return;  // the log goes on; the next look may succeed
  SayTroubles(*pods);
  for (const PodReport& pod : *pods) {
    if (pod.component != "agent" || pod.exit_code.value_or(0) == 0) continue;
    SayOnce(absl::StrCat(pod.name, " ended with exit code ", *pod.exit_code, "; kubectl logs ",
                         pod.name, " says why"));
  }
}

// True when the coordinator runs or has run; false when the user does not want to wait.
absl::StatusOr<bool> ClusterRun::AwaitStart(int64_t start_timeout_ns) {
  const int64_t until = port_.now_ns() + start_timeout_ns;
  std::string before;
  while (!port_.interrupted()) {
    WEIR_ASSIGN_OR_RETURN(const std::vector<PodReport> pods, Pods());
    int agents = 0;
    int waiting = 0;
    const PodReport* coordinator = nullptr;
    for (const PodReport& pod : pods) {
      if (pod.component == "coordinator") coordinator = &pod;
      agents += pod.component == "agent" && pod.started ? 1 : 0;
      waiting += pod.component == "agent" && !pod.started ? 1 : 0;
    }
    const std::string state = absl::StrCat("coordinator ",
                                           coordinator == nullptr ? "has no pod yet"
                                           : coordinator->ended   ? "has ended"
                                           : coordinator->started ? "runs"
                                                                  : "starts",
                                           ", ", agents, " agents run, ", waiting, " start");
    if (state != before) port_.say(state);
    before = state;
    SayTroubles(pods);
    const bool all_run = coordinator != nullptr && coordinator->started && waiting == 0;
    if (all_run || (coordinator != nullptr && coordinator->ended)) return true;
    if (port_.now_ns() > until && (coordinator == nullptr || !coordinator->started)) {
      return absl::DeadlineExceededError(
          absl::StrCat("the coordinator has not started; kubectl describe job weir-coordinator-",
                       run_id_, " says why"));
    }
    port_.sleep(kPauseNs);
  }
  return false;
}

absl::StatusOr<ClusterRun::Standing> ClusterRun::Follow(int64_t start_timeout_ns) {
  absl::StatusOr<Standing> standing = FollowLog(start_timeout_ns);
  // Ctrl-C reaches kubectl as well, whatever it was about.
  if (!standing.ok() && port_.interrupted()) return Standing::kInterrupted;
  return standing;
}

absl::StatusOr<ClusterRun::Standing> ClusterRun::FollowLog(int64_t start_timeout_ns) {
  WEIR_ASSIGN_OR_RETURN(const bool started, AwaitStart(start_timeout_ns));
  size_t shown = 0;
  while (started && !port_.interrupted()) {
    WEIR_ASSIGN_OR_RETURN(std::optional<PodReport> coordinator, Coordinator());
    if (!coordinator.has_value()) {
      return absl::NotFoundError(absl::StrCat("run ", run_id_, " has no coordinator any more"));
    }
    const bool ended = coordinator->ended;  // before its log is read to its end
    size_t line_number = 0;
    bool ready = false;
    const absl::Status streamed =
        kubectl_
            ->Stream(
                {"logs", "--follow", kContainer, "--tail=-1", coordinator->name},
                [&](std::string_view line) {
                  ready |= line.find(kReportReady) != std::string_view::npos;
                  if (++line_number > shown) port_.log(line);
                  return !ready && !port_.interrupted();
                },
                [this] { SayLostAgents(); })
            .status();
    WEIR_RETURN_IF_ERROR(streamed);
    if (ready) return Standing::kReady;
    shown = std::max(shown, line_number);
    if (ended) {
      SayTroubles({*coordinator});
      return Standing::kEnded;
    }
    port_.sleep(kPauseNs);  // the log broke off, and the coordinator goes on
  }
  return Standing::kInterrupted;
}

absl::Status ClusterRun::Fetch(const std::string& folder) {
  WEIR_ASSIGN_OR_RETURN(const std::optional<PodReport> coordinator, Coordinator());
  if (!coordinator.has_value()) {
    return absl::NotFoundError(absl::StrCat("there is no run ", run_id_));
  }
  if (coordinator->ended || !coordinator->started) {
    WEIR_ASSIGN_OR_RETURN(const int agents, FetchFromAgents(folder));
    return absl::FailedPreconditionError(absl::StrCat(
        "the coordinator of ", run_id_, coordinator->ended ? " has ended" : " has not started",
        "; files can be copied only while it runs. Its log has the result: kubectl logs ",
        coordinator->name,
        agents == 0 ? "" : absl::StrCat(". What ", agents, " agents left is in ", folder)));
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  WEIR_RETURN_IF_ERROR(Copy(kContainer, coordinator->name, "/results", folder));
  if (!std::filesystem::exists(folder + "/report/report.html", error)) {
    return absl::NotFoundError(absl::StrCat("the results that were copied to ", folder,
                                            " hold no report yet: weir k8s follow ", run_id_));
  }
  WEIR_RETURN_IF_ERROR(FetchFromAgents(folder).status());
  return RunOrFail({"exec", kContainer, coordinator->name, "--", "touch",
                    absl::StrCat("/results/report/", kFetchedFile)})
      .status();
}

// How many agents waited for it.
absl::StatusOr<int> ClusterRun::FetchFromAgents(const std::string& folder) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<PodReport> pods, Pods());
  int waited = 0;
  for (const PodReport& pod : pods) {
    if (pod.component != "agent" || !pod.started || pod.ended) continue;
    // Of an agent that has nothing to leave, or has just ended, kubectl says no.
    WEIR_ASSIGN_OR_RETURN(const KubectlEnd left,
                          kubectl_->Run({"exec", kAgentContainer, pod.name, "--", "test", "-e",
                                         absl::StrCat("/spool/", kLeftBehindFile)}));
    if (left.exit_code != 0) continue;
    WEIR_RETURN_IF_ERROR(FetchFromAgent(pod.name, folder));
    ++waited;
  }
  if (waited > 0) port_.say(absl::StrCat(waited, " agents had left something: it is in ", folder));
  return waited;
}

// Letters go where `weir deadletter` looks for them.
absl::Status ClusterRun::FetchFromAgent(const std::string& pod, const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path here = fs::path(folder) / "agents" / pod;
  const fs::path letters = fs::path(folder) / absl::StrCat("results.db.", run_id_, ".letters");
  std::error_code error;
  fs::create_directories(here, error);
  WEIR_RETURN_IF_ERROR(Copy(kAgentContainer, pod, "/spool", here.string()));
  const fs::path brought = here / "weir-dead-letters" / run_id_;
  if (fs::exists(brought, error)) {
    fs::create_directories(letters, error);
    fs::copy(brought, letters, fs::copy_options::recursive | fs::copy_options::overwrite_existing,
             error);
    if (error) {
      return absl::InternalError(
          absl::StrCat("cannot put dead letters into ", letters.string(), ": ", error.message()));
    }
    fs::remove_all(here / "weir-dead-letters", error);
  }
  fs::remove(here / kLeftBehindFile, error);
  fs::remove(here, error);  // where it is empty
  return RunOrFail(
             {"exec", kAgentContainer, pod, "--", "touch", absl::StrCat("/spool/", kFetchedFile)})
      .status();
}

absl::StatusOr<int> ClusterRun::ExitCode() {
  const int64_t until = port_.now_ns() + kPatienceForEndNs;
  while (true) {
    WEIR_ASSIGN_OR_RETURN(const std::optional<PodReport> coordinator, Coordinator());
    if (coordinator.has_value() && coordinator->exit_code.has_value()) {
      return *coordinator->exit_code;
    }
    if (!coordinator.has_value() || coordinator->ended || port_.now_ns() > until ||
        port_.interrupted()) {
      return absl::NotFoundError(
          absl::StrCat("the coordinator of ", run_id_, " left no exit code"));
    }
    port_.sleep(kPauseNs);
  }
}

absl::Status ClusterRun::Clean() {
  WEIR_ASSIGN_OR_RETURN(
      const std::string deleted,
      RunOrFail({"delete",
                 "jobs,services,configmaps,secrets,networkpolicies,serviceaccounts,"
                 "poddisruptionbudgets",
                 SelectorOf(run_id_), "--ignore-not-found", "--cascade=foreground",
                 "--output=name"}));
  // One name a line; of nothing kubectl says so, in a line as well.
  const std::vector<absl::string_view> lines = absl::StrSplit(deleted, '\n');
  const auto count = std::count_if(lines.begin(), lines.end(), [](absl::string_view line) {
    return absl::StrContains(line, '/');
  });
  port_.say(count == 0 ? absl::StrCat("nothing is there of run ", run_id_)
                       : absl::StrCat("deleted ", count, " objects of run ", run_id_));
  return absl::OkStatus();
}

}  // namespace weir
