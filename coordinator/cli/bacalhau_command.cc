#include "coordinator/cli/bacalhau_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "coordinator/deploy/bacalhau_job.h"

namespace weir {

void AddBacalhauOptions(CLI::App* command, BacalhauOptions* options) {
  AddDeployOptions(command, &options->deploy);
  command
      ->add_option("--coordinator", options->coordinator,
                   "Where the coordinator will listen; every node must be able to connect to it")
      ->required()
      ->type_name("HOST:PORT");
  command
      ->add_option("--identity", options->identity,
                   "Folder on each node with ca.crt, tls.crt, tls.key and join-token")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_option("--agent-memory", options->agent_memory, "Memory for each agent")
      ->capture_default_str()
      ->type_name("AMOUNT");
  command->footer(
      "Example: agents on Bacalhau, the coordinator on a host that they can connect to\n"
      "  weir certs --out identity\n"
      "  weir bacalhau render my.yaml --agents 12 --image registry.example/weir:1 \\\n"
      "      --coordinator coordinator.example:7070 --run-id first > agents.yaml\n"
      "  bacalhau job run agents.yaml\n"
      "  weir run my.yaml --run-id first --listen 0.0.0.0:7070 --expect-agents 12 \\\n"
      "      --tls identity --join-token-file identity/join-token");
}

ExitCode BacalhauRenderCommand(const BacalhauOptions& options) {
  const DeployedCampaign campaign = ReadForDeployment(options.deploy, "on Bacalhau");
  if (!campaign.fine) return kExitBadCampaign;
  const BacalhauRun run{.run_id = campaign.run_id,
                        .image = options.deploy.image,
                        .coordinator = options.coordinator,
                        .identity = options.identity,
                        .agents = options.deploy.agents,
                        .agent_cpus = options.deploy.agent_cpus,
                        .agent_memory = options.agent_memory,
                        .deadline_ns = campaign.deadline_ns,
                        .needs = campaign.needs};
  const std::vector<std::string> problems = ProblemsOf(run);
  if (!problems.empty()) return SayProblems("weir bacalhau render", problems);
  std::fputs(RenderBacalhauJob(run).c_str(), stdout);
  return kExitValid;
}

}  // namespace weir
