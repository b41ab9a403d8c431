#include "coordinator/cli/relay_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/agent_checks.h"
#include "coordinator/cli/duration_option.h"
#include "coordinator/cli/security_options.h"
#include "coordinator/relay/relay_process.h"

namespace weir {
namespace {

std::string DefaultName() {
  char host[256] = "relay";
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat(host, "-", getpid());
}

absl::StatusOr<RelayOptions> PlanRelay(const RelayCommandOptions& given) {
  RelayOptions options;
  WEIR_ASSIGN_OR_RETURN(options.coordinator, ParseControlAddress(given.coordinator));
  WEIR_ASSIGN_OR_RETURN(options.listen, ParseControlAddress(given.listen));
  WEIR_ASSIGN_OR_RETURN(
      options.security,
      ReadControlSecurity(given.security, ControlEnd::kRelay, {options.coordinator, options.listen},
                          /*awaits=*/false, WallUnixNs() / kNsPerSecond));
  options.name = given.name.empty() ? DefaultName() : given.name;
  options.join_timeout_ns = given.join_timeout_ns;
  if (IsName(options.name)) return options;
  return absl::InvalidArgumentError(absl::StrCat(
      "--name ", options.name, ": 1 to 64 letters, digits, dots, hyphens or underscores"));
}

}  // namespace

void AddRelayOptions(CLI::App* command, RelayCommandOptions* options) {
  command->add_option("--coordinator", options->coordinator, "Where weir run listens")
      ->required()
      ->type_name("HOST:PORT");
  command
      ->add_option("--listen", options->listen,
                   "Wait here for agents, which dial it as their coordinator; port 0: a free one")
      ->required()
      ->type_name("HOST:PORT");
  command->add_option("--name", options->name, "Name of this relay (default: host and process)");
  AddSecurityOptions(command, "a relay's", "Talk in plain text, over the network too",
                     &options->security);
  AddDuration(command, "--join-timeout", &options->join_timeout_ns,
              "How long to look for the coordinator before giving up (default: 120s)");
  command->footer(
      "Carries the messages of its agents over one stream, and merges their reports of a second\n"
      "into one. For many hundreds of agents; the result of the run is the same to the bit. Keeps\n"
      "nothing: where it dies, its agents dial another, if they know one, within their lease.\n\n"
      "Exit codes: 0 the run is over, 1 failed, 2 command line, 64 refused by the coordinator,\n"
      "75 coordinator not found or lost, 143 terminated.\n\n"
      "Example:\n"
      "  weir run my.yaml --listen 10.0.0.5:7070 --expect-agents 2000 --tls certs\n"
      "  weir relay --coordinator 10.0.0.5:7070 --listen 10.0.0.6:7070 --tls certs\n"
      "  weir-agent --coordinator 10.0.0.6:7070,10.0.0.7:7070 --tls certs --allow-target db");
}

ExitCode RelayCommand(const RelayCommandOptions& options) {
  const auto fail = [](const absl::Status& status, ExitCode code) {
    std::fprintf(stderr, "weir relay: %s\n", std::string(status.message()).c_str());
    return code;
  };
  const auto plan = PlanRelay(options);
  if (!plan.ok()) return fail(plan.status(), kExitUsage);
  const auto exit = RunRelay(*plan);
  if (!exit.ok()) return fail(exit.status(), kExitFailure);
  return static_cast<ExitCode>(*exit);  // as agents end: schedulers act on them the same
}

}  // namespace weir
