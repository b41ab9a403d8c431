// `weir k8s`: a campaign on Kubernetes, by the user's kubectl. `render` prints the manifests, `run`
// goes from a campaign to its report, `follow`, `fetch` and `clean` take up a run by its id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/cli/deploy_options.h"
#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct KubernetesOptions {
  DeployOptions deploy;
  std::string namespace_name;
  std::string agent_memory = "1Gi";
  std::string coordinator_memory = "1Gi";
  std::string secret;
  std::string tls_secret;
  bool init = false;
  bool override_gates = false;
  std::string on_agent_loss = "abort";
  uint32_t min_agents = 0;
  std::vector<std::string> confirmed;
  int64_t join_timeout_ns = 600'000'000'000;
  std::string lease;  // as of weir run; empty: its default
  int64_t await_fetch_ns = 3'600'000'000'000;
  // Of what talks to a cluster.
  std::string kubectl = "kubectl";
  std::string context;
  std::string run;  // id of the run to take up
  std::string out;  // folder for the results; empty: out/RUN
  int64_t start_timeout_ns = 600'000'000'000;
  bool keep = false;  // `run` does not clear away
};

void AddRenderOptions(CLI::App* command, KubernetesOptions* options);
void AddKubernetesRunOptions(CLI::App* command, KubernetesOptions* options);
void AddFollowOptions(CLI::App* command, KubernetesOptions* options);
void AddFetchOptions(CLI::App* command, KubernetesOptions* options);
void AddCleanOptions(CLI::App* command, KubernetesOptions* options);

ExitCode KubernetesRenderCommand(const KubernetesOptions& options);
ExitCode KubernetesRunCommand(const KubernetesOptions& options);
ExitCode KubernetesFollowCommand(const KubernetesOptions& options);
ExitCode KubernetesFetchCommand(const KubernetesOptions& options);
ExitCode KubernetesCleanCommand(const KubernetesOptions& options);

}  // namespace weir
