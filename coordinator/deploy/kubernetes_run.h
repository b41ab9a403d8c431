// What one run on Kubernetes is told by its user, checked as a whole. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/certificates.h"
#include "coordinator/deploy/agent_needs.h"

namespace weir {

struct KubernetesRun {
  std::string run_id;          // all names end with it
  std::string namespace_name;  // empty: whatever kubectl's context says
  std::string image;
  uint32_t agents = 3;
  uint32_t agent_cpus = 2;  // whole processors
  std::string agent_memory = "1Gi";
  std::string coordinator_memory = "1Gi";
  std::string campaign_text;
  std::vector<std::string> run_arguments;  // further ones of `weir run`, such as --set
  AgentNeeds needs;
  std::string secret;      // an existing Secret with what `needs` names; keys are variables' names
                           // and the last part of files' paths
  std::string tls_secret;  // existing Secrets NAME-coordinator-tls, NAME-agent-tls,
                           // NAME-join-token; when empty, `certificates` are put into Secrets
  CertificateSet certificates;  // secret
  bool init = false;  // consent to the targets being written to, from the coordinator's pod
  int64_t join_timeout_ns = 600'000'000'000;
  int64_t deadline_ns = 0;  // what the agents may take in all
  int64_t await_fetch_ns = 3'600'000'000'000;
};

// Every reason why these values make no manifests; what the user wrote, what would be right.
std::vector<std::string> ProblemsOf(const KubernetesRun& run);

// A run's id from what its user calls it, or from the campaign's name and the time:
// "quickstart-20261122t031500".
std::string MakeRunId(const std::string& campaign_name, int64_t unix_seconds);

// Empty when it may stand in the names of objects; else why not.
std::string RunIdProblem(const std::string& run_id);

}  // namespace weir
