#include "coordinator/cli/deploy_options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>

#include "absl/strings/str_cat.h"

#include "backends/endpoints.h"
#include "base/clock.h"
#include "coordinator/cli/check_command.h"
#include "coordinator/cli/duration_option.h"
#include "coordinator/deploy/kubernetes_run.h"

namespace weir {
namespace {

constexpr int64_t kMarginNs = 2 * 3600 * kNsPerSecond;  // agents that are late, loads, reading back

// What the agents have to be allowed to load.
void AddAddresses(const v1::Target& target, AgentNeeds* needs) {
  const absl::StatusOr<std::vector<Endpoint>> endpoints = EndpointsOf(target);
  if (!endpoints.ok()) {
    needs->problems.emplace_back(endpoints.status().message());
    return;
  }
  for (const Endpoint& endpoint : *endpoints) {
    const bool v6 = endpoint.host.find(':') != std::string::npos;
    const std::string host = v6 ? absl::StrCat("[", endpoint.host, "]") : endpoint.host;
    needs->addresses.insert(endpoint.port == 0 ? host : absl::StrCat(host, ":", endpoint.port));
  }
}

}  // namespace

void AddDeployOptions(CLI::App* command, DeployOptions* options) {
  command->add_option("--agents", options->agents, "How many agents")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--image", options->image, "Image with weir and weir-agent")
      ->required()
      ->type_name("IMAGE");
  command
      ->add_option("--run-id", options->run_id,
                   "Names the run and its objects (default: the campaign's name and the time)")
      ->type_name("ID");
  command->add_option("--agent-cpus", options->agent_cpus, "Whole processors for each agent")
      ->capture_default_str()
      ->type_name("N");
  AddDuration(command, "--deadline", &options->deadline_ns,
              "Agents end after this in any case (default: what the campaign drives, and 2h)");
}

DeployedCampaign ReadForDeployment(const DeployOptions& options, const std::string& in) {
  const CampaignReading reading = ReadAndReport(options.campaign, options.overrides);
  DeployedCampaign deployed;
  deployed.fine = reading.problems.empty();
  if (!deployed.fine) return deployed;
  deployed.text = reading.text;
  deployed.run_id = options.run_id.empty() ? MakeRunId(reading.campaign.name(), std::time(nullptr))
                                           : options.run_id;
  deployed.deadline_ns =
      options.deadline_ns == 0 ? PlannedDriveNs(reading.campaign) + kMarginNs : options.deadline_ns;
  deployed.needs = NeedsOf(reading.campaign, in);
  for (const v1::Target& target : reading.campaign.targets()) {
    AddAddresses(target, &deployed.needs);
  }
  // An agent elsewhere starts only when it is told what it may load: with targets that are in its
  // own process, as null is, no more than what is beside it.
  if (deployed.needs.addresses.empty()) deployed.needs.addresses.insert("127.0.0.1");
  const std::string& prices = reading.campaign.cost().prices();
  if (!prices.empty()) {
    deployed.needs.problems.push_back(
        "cost.prices: the file is not there; price the stored run "
        "instead, with weir show --prices");
  }
  return deployed;
}

ExitCode SayProblems(const std::string& command, const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) {
    std::fprintf(stderr, "%s: %s\n", command.c_str(), problem.c_str());
  }
  std::fprintf(stderr, "%zu problem%s; nothing was started\n", problems.size(),
               problems.size() == 1 ? "" : "s");
  return kExitUsage;
}

}  // namespace weir
