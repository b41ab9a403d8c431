#include "coordinator/cli/control_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/cli/duration_option.h"
#include "coordinator/cli/security_options.h"
#include "coordinator/quantity.h"

namespace weir {
namespace {

constexpr size_t kLongestRunId = 64;
constexpr uint32_t kMostAgents = 100'000;
constexpr char kRunIdCharacters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

CLI::Option* AddExpectAgents(CLI::App* command, ControlOptions* options) {
  CLI::Option* expect =
      command
          ->add_option_function<std::string>(
              "--expect-agents",
              [options](const std::string& text) {
                const bool counted = absl::SimpleAtoi(text, &options->expect_agents) &&
                                     options->expect_agents >= 1 &&
                                     options->expect_agents <= kMostAgents;
                if (counted) return;
                options->expect_agents = 0;
                if (text == "auto") return;
                throw CLI::ValidationError("--expect-agents",
                                           absl::StrCat(text,
                                                        " is neither \"auto\" nor a number from 1 "
                                                        "to ",
                                                        kMostAgents));
              },
              "With --listen: how many to wait for; auto: as many as join, see --join-window")
          ->type_name("N|auto");
  AddDuration(command, "--join-window", &options->join_window_ns,
              "With --expect-agents auto: the run begins when no other agent has joined for so "
              "long, or at the end of --join-timeout (default: 10s)");
  return expect;
}

void AddLoss(CLI::App* command, ControlOptions* options) {
  CLI::Option* loss =
      command
          ->add_option("--on-agent-loss", options->on_agent_loss,
                       "abort: the run ends. continue: where a scenario is driven, the others "
                       "drive on without the lost share; the run is PARTIAL")
          ->check(CLI::IsMember({"abort", "continue"}))
          ->capture_default_str()
          ->type_name("");
  command
      ->add_option("--min-agents", options->min_agents,
                   "With --on-agent-loss continue: end when fewer are left (default: 1)")
      ->check(CLI::Range(1, 100000))
      ->type_name("K")
      ->needs(loss);
}

absl::Status CheckRunId(const std::string& id) {
  if (id.empty()) return absl::OkStatus();
  if (id.size() <= kLongestRunId && id.find_first_not_of(kRunIdCharacters) == std::string::npos &&
      id != "latest") {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--run-id ", id, ": at most ", kLongestRunId,
                   " characters of A-Z, a-z, 0-9, '-', '_' and '.', and not \"latest\""));
}

}  // namespace

void AddControlOptions(CLI::App* command, CLI::Option* local, ControlOptions* options) {
  CLI::Option* listen = command
                            ->add_option("--listen", options->listen,
                                         "Start no agents; wait here for them to dial in")
                            ->type_name("HOST:PORT")
                            ->excludes(local);
  CLI::Option* expect = AddExpectAgents(command, options);
  listen->needs(expect);
  expect->needs(listen);
  command
      ->add_option("--dial", options->dial,
                   "Start no agents; dial these, which wait with weir-agent --listen")
      ->type_name("HOST:PORT,…")
      ->excludes(local)
      ->excludes(listen);
  command
      ->add_option("--health", options->health,
                   "Serve gRPC's health service here, in plain text and nothing else, once agents "
                   "can join")
      ->type_name("HOST:PORT");
  AddSecurityOptions(command, "the coordinator's",
                     "Talk to agents in plain text, over the network too. The report says so",
                     &options->security);
  command
      ->add_option("--run-id", options->run_id,
                   "The run's id, for agents that attend no other (default: one is made)")
      ->type_name("ID");
  AddDuration(command, "--join-timeout", &options->join_timeout_ns,
              "How long to wait for all agents; then the missing are named and the run ends "
              "(default: 120s)");
  AddDuration(command, "--lease", &options->lease_ns,
              "How long an agent may go on without a word from us, from 2s to 300s; then it stops "
              "and is lost (default: 5s)")
      ->check(CheckLease);
  AddLoss(command, options);
}

std::string CheckLease(const std::string& text) {
  const auto lease = ParseDuration(text);
  if (!lease.ok()) return std::string(lease.status().message());
  if (lease->ns() >= kShortestLeaseNs && lease->ns() <= kLongestLeaseNs) return "";
  return absl::StrCat(text,
                      ": from 2s, below which a busy machine is taken for a lost one, to 300s");
}

absl::StatusOr<ControlPlan> PlanControl(const ControlOptions& options) {
  WEIR_RETURN_IF_ERROR(CheckRunId(options.run_id));
  ControlPlan plan;
  plan.agents = options.expect_agents;
  if (options.on_agent_loss == "continue") {
    plan.min_agents = std::max(1u, options.min_agents);
  } else if (options.min_agents > 0) {
    return absl::InvalidArgumentError("--min-agents goes with --on-agent-loss continue");
  }
  if (!options.health.empty()) {
    WEIR_ASSIGN_OR_RETURN(plan.health, ParseControlAddress(options.health));
  }
  if (!options.remote()) return plan;
  std::vector<ControlAddress> addresses;
  if (!options.listen.empty()) {
    WEIR_ASSIGN_OR_RETURN(plan.listen, ParseControlAddress(options.listen));
    addresses = {*plan.listen};
  } else {
    WEIR_ASSIGN_OR_RETURN(plan.dial, ParseControlAddresses(options.dial));
    plan.agents = static_cast<uint32_t>(plan.dial.size());
    addresses = plan.dial;
  }
  WEIR_ASSIGN_OR_RETURN(plan.security,
                        ReadControlSecurity(options.security, ControlEnd::kCoordinator, addresses,
                                            /*awaits=*/false, WallUnixNs() / kNsPerSecond));
  return plan;
}

}  // namespace weir
