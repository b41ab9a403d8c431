#include "coordinator/cli/k8s_command.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/certificates.h"
#include "coordinator/cli/control_options.h"
#include "coordinator/cli/duration_option.h"
#include "coordinator/deploy/cluster_run.h"
#include "coordinator/deploy/kubernetes_manifests.h"
#include "coordinator/interrupts.h"

namespace weir {
namespace {

ExitCode Fail(const char* command, const absl::Status& status) {
  std::fprintf(stderr, "weir k8s %s: %s\n", command, std::string(status.message()).c_str());
  return kExitFailure;
}

// --- what is rendered

std::vector<std::string> RunArguments(const KubernetesOptions& options) {
  std::vector<std::string> arguments;
  for (const std::string& setting : options.deploy.overrides) {
    arguments.push_back("--set=" + setting);
  }
  for (const std::string& database : options.confirmed) {
    arguments.push_back("--confirm=" + database);
  }
  if (options.override_gates) arguments.emplace_back("--override-gates");
  if (options.on_agent_loss != "abort") {
    arguments.push_back("--on-agent-loss=" + options.on_agent_loss);
  }
  if (!options.lease.empty()) arguments.push_back("--lease=" + options.lease);
  if (options.min_agents > 0) {
    arguments.push_back(absl::StrCat("--min-agents=", options.min_agents));
  }
  return arguments;
}

struct Rendering {
  std::string run_id;
  std::string manifests;
};

// Nothing, and the exit code, when there were problems; they have been said.
std::optional<Rendering> Render(const KubernetesOptions& options, const char* command,
                                ExitCode* exit_code) {
  DeployedCampaign campaign = ReadForDeployment(options.deploy, "in a pod");
  *exit_code = kExitBadCampaign;
  if (!campaign.fine) return std::nullopt;
  KubernetesRun run{.run_id = campaign.run_id,
                    .namespace_name = options.namespace_name,
                    .image = options.deploy.image,
                    .agents = options.deploy.agents,
                    .agent_cpus = options.deploy.agent_cpus,
                    .agent_memory = options.agent_memory,
                    .coordinator_memory = options.coordinator_memory,
                    .campaign_text = std::move(campaign.text),
                    .run_arguments = RunArguments(options),
                    .needs = std::move(campaign.needs),
                    .secret = options.secret,
                    .tls_secret = options.tls_secret,
                    .certificates = {},
                    .init = options.init,
                    .join_timeout_ns = options.join_timeout_ns,
                    .deadline_ns = campaign.deadline_ns,
                    .await_fetch_ns = options.await_fetch_ns};
  const std::vector<std::string> problems = ProblemsOf(run);
  if (!problems.empty()) {
    *exit_code = SayProblems(absl::StrCat("weir k8s ", command), problems);
    return std::nullopt;
  }
  if (run.tls_secret.empty()) {
    // Whoever has the key of a certificate that is still valid could join: not longer than needed.
    absl::StatusOr<CertificateSet> made =
        MintCertificates((run.deadline_ns + run.await_fetch_ns) / kNsPerSecond, std::time(nullptr));
    if (!made.ok()) {
      *exit_code = Fail(command, made.status());
      return std::nullopt;
    }
    run.certificates = *std::move(made);
  }
  return Rendering{run.run_id, RenderManifests(run)};
}

// --- what talks to a cluster

class Terminal {
 public:
  explicit Terminal(const KubernetesOptions& options, const std::string& run_id)
      : kubectl_(options.kubectl, options.context, options.namespace_name),
        run_(
            &kubectl_, run_id,
            {.say = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); },
             .log =
                 [](std::string_view line) {
                   std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
                   std::fflush(stdout);
                 },
             .sleep = [](int64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); },
             .now_ns = [] { return MonotonicNs(); },
             .interrupted = [this] { return watch_.count() > 0; }}) {}

  ClusterRun& run() { return run_; }

 private:
  InterruptWatch watch_;
  KubectlProgram kubectl_;
  ClusterRun run_;
};

std::string FolderOf(const KubernetesOptions& options, const std::string& run_id) {
  return options.out.empty() ? "out/" + run_id : options.out;
}

ExitCode SayHowToGoOn(const std::string& run_id) {
  std::fprintf(stderr,
               "the run goes on without being watched\n"
               "  weir k8s follow %s   watch it\n"
               "  weir k8s fetch %s    copy its report when it is ready\n"
               "  weir k8s clean %s    end it, or clear away after it\n",
               run_id.c_str(), run_id.c_str(), run_id.c_str());
  return kExitInterrupted;
}

// From the report on: copies it, and gives the run's own exit code.
absl::StatusOr<ExitCode> Collect(ClusterRun* run, const std::string& folder) {
  WEIR_RETURN_IF_ERROR(run->Fetch(folder));
  std::printf("%s/report/report.html\n", folder.c_str());
  WEIR_ASSIGN_OR_RETURN(const int exit_code, run->ExitCode());
  return static_cast<ExitCode>(exit_code);
}

absl::StatusOr<ExitCode> FollowToTheEnd(const KubernetesOptions& options, const std::string& run_id,
                                        ClusterRun* run, bool keep) {
  WEIR_ASSIGN_OR_RETURN(const ClusterRun::Standing standing, run->Follow(options.start_timeout_ns));
  if (standing == ClusterRun::Standing::kInterrupted) return SayHowToGoOn(run_id);
  if (standing == ClusterRun::Standing::kEnded) {
    std::fprintf(stderr, "the coordinator ended without a report; look, then: weir k8s clean %s\n",
                 run_id.c_str());
    WEIR_ASSIGN_OR_RETURN(const int exit_code, run->ExitCode());
    return exit_code == 0 ? kExitFailure : static_cast<ExitCode>(exit_code);
  }
  WEIR_ASSIGN_OR_RETURN(const ExitCode exit_code, Collect(run, FolderOf(options, run_id)));
  if (!keep) WEIR_RETURN_IF_ERROR(run->Clean());
  return exit_code;
}

// For commands that are told a run.
ExitCode WithRun(const KubernetesOptions& options, const char* command,
                 const std::function<absl::StatusOr<ExitCode>(ClusterRun*)>& act) {
  const std::string problem = RunIdProblem(options.run);
  if (!problem.empty()) {
    return SayProblems(absl::StrCat("weir k8s ", command), {problem});
  }
  Terminal terminal(options, options.run);
  const absl::StatusOr<ExitCode> exit_code = act(&terminal.run());
  return exit_code.ok() ? *exit_code : Fail(command, exit_code.status());
}

// --- options

void AddCluster(CLI::App* command, KubernetesOptions* options) {
  command->add_option("--kubectl", options->kubectl, "The kubectl to use")
      ->envname("WEIR_KUBECTL")
      ->capture_default_str()
      ->type_name("PATH");
  command->add_option("--context", options->context, "Context of its configuration")
      ->type_name("NAME");
}

void AddNamespace(CLI::App* command, KubernetesOptions* options) {
  command->add_option("--namespace", options->namespace_name, "Namespace (default: the context's)")
      ->type_name("NAME");
}

void AddRunId(CLI::App* command, KubernetesOptions* options) {
  command->add_option("run", options->run, "Id of the run")->required()->type_name("RUN");
  AddNamespace(command, options);
  AddCluster(command, options);
}

void AddOut(CLI::App* command, KubernetesOptions* options) {
  command->add_option("--out", options->out, "Folder for results and report (default: out/RUN)")
      ->type_name("DIR");
}

void AddStartTimeout(CLI::App* command, KubernetesOptions* options) {
  AddDuration(command, "--start-timeout", &options->start_timeout_ns,
              "Give up when the coordinator has not started by then (default: 10m)");
}

void AddPlaces(CLI::App* command, KubernetesOptions* options) {
  command->add_option("--agent-memory", options->agent_memory, "Memory for each agent")
      ->capture_default_str()
      ->type_name("AMOUNT");
  command->add_option("--coordinator-memory", options->coordinator_memory, "Its memory")
      ->capture_default_str()
      ->type_name("AMOUNT");
  command
      ->add_option("--secret", options->secret,
                   "Existing Secret with what the campaign's ${env:NAME} and ${file:PATH} name")
      ->type_name("NAME");
  command
      ->add_option("--tls-secret", options->tls_secret,
                   "Use the existing Secrets NAME-coordinator-tls, NAME-agent-tls, "
                   "NAME-join-token instead of making certificates for this run")
      ->type_name("NAME");
  AddDuration(command, "--join-timeout", &options->join_timeout_ns,
              "How long the coordinator waits for its agents (default: 10m)");
  AddDuration(command, "--await-fetch", &options->await_fetch_ns,
              "How long the coordinator keeps the report (default: 1h)");
}

}  // namespace

void AddRenderOptions(CLI::App* command, KubernetesOptions* options) {
  AddDeployOptions(command, &options->deploy);
  AddNamespace(command, options);
  AddPlaces(command, options);
  command->add_flag("--init", options->init,
                    "Consent to the targets being written to: weir init in the cluster, first");
  command
      ->add_option("--confirm", options->confirmed,
                   "As of weir run: drop what this database holds, write to what sounds like "
                   "production; repeatable")
      ->allow_extra_args(false)
      ->take_all()
      ->type_name("DATABASE");
  command->add_flag("--override-gates", options->override_gates, "As of weir run");
  command->add_option("--lease", options->lease, "As of weir run")
      ->check(CheckLease)
      ->type_name("DURATION");
  CLI::Option* loss =
      command->add_option("--on-agent-loss", options->on_agent_loss, "As of weir run")
          ->check(CLI::IsMember({"abort", "continue"}))
          ->capture_default_str()
          ->type_name("");
  command->add_option("--min-agents", options->min_agents, "As of weir run")
      ->type_name("K")
      ->needs(loss);
  command->footer(
      "Example:\n  weir k8s render my.yaml --agents 12 --image registry.example/weir:1 \\\n"
      "      --secret databases | kubectl create -f -");
}

void AddKubernetesRunOptions(CLI::App* command, KubernetesOptions* options) {
  AddRenderOptions(command, options);
  AddCluster(command, options);
  AddOut(command, options);
  AddStartTimeout(command, options);
  command->add_flag("--keep", options->keep, "Leave the objects there when the report is fetched");
  command->footer(
      "Exits as weir run does. Ctrl-C stops watching; the run goes on.\n\n"
      "Example:\n  weir k8s run my.yaml --agents 12 --image registry.example/weir:1 \\\n"
      "      --secret databases --out out/first");
}

void AddFollowOptions(CLI::App* command, KubernetesOptions* options) {
  AddRunId(command, options);
  AddStartTimeout(command, options);
  command->footer("Example:\n  weir k8s follow quickstart-20261122t031500");
}

void AddFetchOptions(CLI::App* command, KubernetesOptions* options) {
  AddRunId(command, options);
  AddOut(command, options);
  command->footer("Example:\n  weir k8s fetch quickstart-20261122t031500 --out out/first");
}

void AddCleanOptions(CLI::App* command, KubernetesOptions* options) {
  AddRunId(command, options);
  command->footer(
      "Deletes what bears the label app.kubernetes.io/instance=RUN, and nothing else.\n\n"
      "Example:\n  weir k8s clean quickstart-20261122t031500");
}

ExitCode KubernetesRenderCommand(const KubernetesOptions& options) {
  ExitCode exit_code = kExitValid;
  const std::optional<Rendering> rendering = Render(options, "render", &exit_code);
  if (!rendering.has_value()) return exit_code;
  std::fputs(rendering->manifests.c_str(), stdout);
  return kExitValid;
}

ExitCode KubernetesRunCommand(const KubernetesOptions& options) {
  ExitCode exit_code = kExitValid;
  const std::optional<Rendering> rendering = Render(options, "run", &exit_code);
  if (!rendering.has_value()) return exit_code;
  Terminal terminal(options, rendering->run_id);
  std::fprintf(stderr, "run %s\n", rendering->run_id.c_str());
  const absl::Status created = terminal.run().Create(rendering->manifests);
  if (!created.ok()) return Fail("run", created);
  const absl::StatusOr<ExitCode> end =
      FollowToTheEnd(options, rendering->run_id, &terminal.run(), options.keep);
  if (end.ok()) return *end;
  Fail("run", end.status());
  SayHowToGoOn(rendering->run_id);
  return kExitFailure;
}

ExitCode KubernetesFollowCommand(const KubernetesOptions& options) {
  return WithRun(options, "follow", [&](ClusterRun* run) -> absl::StatusOr<ExitCode> {
    WEIR_ASSIGN_OR_RETURN(const ClusterRun::Standing standing,
                          run->Follow(options.start_timeout_ns));
    if (standing == ClusterRun::Standing::kInterrupted) return kExitInterrupted;
    if (standing == ClusterRun::Standing::kReady) return kExitValid;
    WEIR_ASSIGN_OR_RETURN(const int exit_code, run->ExitCode());
    return static_cast<ExitCode>(exit_code);
  });
}

ExitCode KubernetesFetchCommand(const KubernetesOptions& options) {
  return WithRun(options, "fetch",
                 [&](ClusterRun* run) { return Collect(run, FolderOf(options, options.run)); });
}

ExitCode KubernetesCleanCommand(const KubernetesOptions& options) {
  return WithRun(options, "clean", [](ClusterRun* run) -> absl::StatusOr<ExitCode> {
    WEIR_RETURN_IF_ERROR(run->Clean());
    return kExitValid;
  });
}

}  // namespace weir
