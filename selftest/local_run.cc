#include "selftest/local_run.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/status.h"
#include "reports/results_store.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

// What docs/exit-codes.md promises of runs that have come to their end.
constexpr int kRunInvalid = 5;
constexpr int kThresholdMissed = 6;

}  // namespace

std::string ThisProgram() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

absl::StatusOr<LocalRun> LocalRun::Start(const TemporaryFolder& folder, const std::string& campaign,
                                         int agents, ChildSpec surroundings) {
  const std::string file = folder.File("campaign.yaml");
  std::ofstream(file) << campaign;
  std::string output = folder.File("run.log");
  std::string store = folder.File("results.db");
  // Gates are what is looked at here: none may end the run before there is a result.
  surroundings.arguments = {
      ThisProgram(),     "run", file, "--store", store, "--agents", absl::StrCat(agents),
      "--override-gates"};
  surroundings.output = output;
  WEIR_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::Start(surroundings));
  return LocalRun(std::move(process), std::move(output), std::move(store));
}

// The progress shows its first second, and then every few.
absl::Status LocalRun::WaitUntilDriving(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!absl::StrContains(Said(), " op/s ")) {
    if (const auto code = process_.Wait(50ms); code.ok()) {
      return absl::InternalError(
          absl::StrCat("weir run ended with ", *code, ": ", LastLines(output_)));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return absl::DeadlineExceededError("weir run does not begin to drive");
    }
  }
  return absl::OkStatus();
}

// Agents are children of the run's first thread.
std::vector<pid_t> LocalRun::Agents() const {
  std::vector<pid_t> agents;
  const std::string children =
      ReadWholeFile(absl::StrCat("/proc/", pid(), "/task/", pid(), "/children"));
  for (absl::string_view number : absl::StrSplit(children, ' ', absl::SkipWhitespace())) {
    pid_t child;
    if (absl::SimpleAtoi(number, &child)) agents.push_back(child);
  }
  return agents;
}

absl::StatusOr<v1::RunResult> LocalRun::Result(std::chrono::seconds patience) {
  const absl::StatusOr<int> code = process_.Wait(patience);
  if (!code.ok()) return Annotate(code.status(), "weir run");
  if (*code != 0 && *code != kRunInvalid && *code != kThresholdMissed) {
    return absl::InternalError(
        absl::StrCat("weir run ended with ", *code, ": ", LastLines(output_)));
  }
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ResultsStore> store, OpenResultsStore(store_));
  return store->LoadRun("latest");
}

}  // namespace weir
