// Coordinator and agents as programs of their own, with a campaign that drives nothing, in a folder
// of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "coordinator/cli/exit_code.h"
#include "tests/system/weir_in_a_folder.h"

namespace weir {

class AgentsInAFolder : public WeirInAFolder {
 protected:
  static constexpr char kCampaign[] = R"(
name: agents
dataset: {records: 1000, logs: {}}
targets: [{name: nothing, "null": {}}]
scenarios:
  - name: steady
    phases: {measure: 2s}
    shape: {open: {rate: 100/s, arrivals: constant, sessions: 8}}
    operations: [{do: read}]
)";

  static std::string ReadAll(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  std::unique_ptr<Program> Run(std::vector<std::string> options,
                               const std::string& measure = "2s") const {
    options.insert(options.begin(), {WEIR_PROGRAM, "--store", folder_ + "/results.db", "run",
                                     Campaign(kCampaign), "--override-gates", "--set",
                                     absl::StrCat("scenarios.steady.phases.measure=", measure)});
    return std::make_unique<Program>(options);
  }

  // On a free port; the agents dial where Address says.
  std::unique_ptr<Program> Listen(int agents, std::vector<std::string> options,
                                  const std::string& measure = "2s") const {
    options.insert(options.end(),
                   {"--listen", "127.0.0.1:0", "--expect-agents", std::to_string(agents)});
    return Run(options, measure);
  }

  // The address that the program names after these words.
  static std::string Address(Program& program, const std::string& words) {
    EXPECT_TRUE(program.WaitForOutput(words, std::chrono::seconds(30))) << program.Output();
    const std::string output = program.Output();
    std::smatch match;
    const std::regex address(words + "(127\\.0\\.0\\.1:[0-9]+)");
    return std::regex_search(output, match, address) ? match[1].str() : "127.0.0.1:1";
  }
  static std::string AddressOf(Program& coordinator) { return Address(coordinator, " agents on "); }

  static std::unique_ptr<Program> Agent(const std::string& coordinator,
                                        std::vector<std::string> options = {},
                                        const std::vector<std::string>& environment = {}) {
    options.insert(options.begin(), {WEIR_AGENT_PROGRAM, "--coordinator", coordinator});
    return std::make_unique<Program>(options, environment);
  }

  std::string Certs(const std::string& name = "certs") const {
    const std::string folder = absl::StrCat(folder_, "/", name);
    const ProgramEnd certs = Weir({"certs", "--out", folder});
    EXPECT_EQ(certs.code, kExitValid) << certs.output;
    return folder;
  }

  // The totals of the run's last phase.
  static const v1::Tally& Measured(const v1::RunResult& run) {
    return run.legs(0).results(run.legs(0).results_size() - 1).total();
  }

  static uint64_t Settled(const v1::Tally& tally) {
    return tally.ok() + tally.not_found() + tally.conflict() + tally.throttled() +
           tally.timed_out() + tally.failed() + tally.in_doubt() + tally.unsent() + tally.lost();
  }
};

}  // namespace weir
