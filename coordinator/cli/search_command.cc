#include "coordinator/cli/search_command.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir {

void AddSearchOptions(CLI::App* command, SearchOptions* options) {
  AddRunOptions(command, &options->run);
  const auto duration = [&](const char* name, std::string* value, const char* doc) {
    command->add_option(name, *value, doc)->type_name("DURATION");
  };
  duration("--response-p50", &options->response_p50, "The objective's median response time");
  duration("--response-p99", &options->response_p99, "Its 99th percentile");
  duration("--response-p999", &options->response_p999, "Its 99.9th percentile");
  command->add_option("--most", options->most, "Never offer more")->type_name("RATE");
  command->footer(
      "Finds, for every scenario and target, the highest rate at which the objective holds:\n"
      "doubles the rate until it is missed, halves the gap, confirms both ends. What the options\n"
      "and the campaign's section 'capacity' do not say has the defaults of docs/campaign.md.\n"
      "weir plan says how long it takes; docs/capacity.md, what the findings mean.\n\n"
      "Examples:\n"
      "  weir search campaigns/capacity.yaml --out out/capacity\n"
      "  weir search campaigns/quickstart.yaml --response-p99 50ms --most 20000/s\n"
      "  weir search campaigns/capacity.yaml --set capacity.step=20s --set capacity.confirm=60s");
}

ExitCode SearchCommand(const SearchOptions& options) {
  RunOptions run = options.run;
  const std::pair<const char*, const std::string&> settings[] = {
      {"objective.response_p50", options.response_p50},
      {"objective.response_p99", options.response_p99},
      {"objective.response_p999", options.response_p999},
      {"most", options.most}};
  for (const auto& [path, value] : settings) {
    if (!value.empty()) run.overrides.push_back(absl::StrCat("capacity.", path, "=", value));
  }
  run.searches = true;
  return RunCommand(run);
}

}  // namespace weir
