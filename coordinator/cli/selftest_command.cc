#include "coordinator/cli/selftest_command.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "selftest/child_process.h"
#include "selftest/self_test.h"

#include "coordinator/problem.h"
#include "coordinator/suggestion.h"

namespace weir {
namespace {

using State = SelfTestResult::State;

const char* StateName(State state) {
  switch (state) {
    case State::kPass:
      return "PASS";
    case State::kFail:
      return "FAIL";
    case State::kSkip:
      return "SKIP";
  }
  return "";
}

// False when a name leads nowhere.
bool Choose(const SelftestCommandOptions& options, std::vector<const SelfTest*>* chosen) {
  std::vector<std::string> known;
  for (const SelfTest& test : SelfTests()) {
    known.emplace_back(test.name);
    if (options.names.empty() && (test.virtual_time || !options.fast)) chosen->push_back(&test);
  }
  for (const std::string& name : options.names) {
    const std::vector<const SelfTest*> found = FindSelfTests(name);
    chosen->insert(chosen->end(), found.begin(), found.end());
    if (!found.empty()) continue;
    std::fprintf(stderr, "no self-test is called %s%s\n", InQuotes(name).c_str(),
                 Suggestion(name, known).c_str());
    return false;
  }
  return true;
}

void List() {
  for (const SelfTest& test : SelfTests()) {
    absl::PrintF("%-10s %s  %s%s\n", test.name, test.virtual_time ? "fast" : "    ", test.doc,
                 test.virtual_time ? "" : " Takes real processes and real time.");
  }
}

class Tellings {
 public:
  explicit Tellings(bool json) : json_(json) {}

  void Add(const SelfTest& test, const SelfTestResult& result, double seconds) {
    ++counts_[static_cast<int>(result.state)];
    if (json_) {
      tests_.push_back({{"name", std::string(test.name)},
                        {"what", std::string(test.what)},
                        {"state", StateName(result.state)},
                        {"figures", result.figures},
                        {"seconds", seconds}});
      return;
    }
    absl::PrintF("%-10s %s  %s, %s\n", test.name, StateName(result.state), test.what,
                 result.figures);
    std::fflush(stdout);
  }

  void End() const {
    if (json_) {
      absl::PrintF("%s\n", tests_.dump(2));
      return;
    }
    absl::PrintF("%d passed, %d failed, %d skipped\n", counts_[0], counts_[1], counts_[2]);
  }

  bool failed() const { return counts_[1] > 0; }

 private:
  const bool json_;
  nlohmann::json tests_ = nlohmann::json::array();
  int counts_[3] = {0, 0, 0};  // by state
};

}  // namespace

void AddSelftestOptions(CLI::App* command, SelftestCommandOptions* options) {
  command->add_option("name", options->names, "Tests to run; all when left out")->type_name("NAME");
  command->add_flag("--fast", options->fast,
                    "Only those in virtual time, without processes and databases");
  command->add_flag("--list", options->list, "Say which tests there are; run none");
  command->add_flag("--json", options->json, "Results as JSON");
  command->add_option("--seed", options->seed, "Of all randomness")
      ->capture_default_str()
      ->type_name("N");
  command
      ->add_option("--postgres-bin", options->postgres_bin,
                   "Folder of PostgreSQL's programs, for S12; looked for without")
      ->type_name("DIR");
  command->footer(
      "A test that this machine does not permit is skipped, and counted as such.\n\n"
      "Examples:\n"
      "  weir selftest --fast\n"
      "  weir selftest S4 S12");
}

ExitCode SelftestCommand(const SelftestCommandOptions& options) {
  if (options.list) {
    List();
    return kExitValid;
  }
  std::vector<const SelfTest*> chosen;
  if (!Choose(options, &chosen)) return kExitUsage;
  Tellings tellings(options.json);
  NoticeInterrupt();
  for (const SelfTest* test : chosen) {
    if (Interrupted()) return kExitInterrupted;
    const auto begin = std::chrono::steady_clock::now();
    const SelfTestResult result = test->run(
        {.seed = options.seed, .fast = options.fast, .postgres_bin = options.postgres_bin});
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    tellings.Add(*test, result, taken.count());
  }
  tellings.End();
  if (Interrupted()) return kExitInterrupted;
  return tellings.failed() ? kExitFailure : kExitValid;
}

}  // namespace weir
