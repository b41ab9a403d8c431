// Agents as a job of Bacalhau, in YAML: k8s/bacalhau/agents.yaml.tmpl, which is built into the
// program, with the run's values and what its targets need. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/deploy/agent_needs.h"

namespace weir {

struct BacalhauRun {
  std::string run_id;
  std::string image;
  std::string coordinator;             // HOST:PORT that every node can connect to
  std::string identity = "/etc/weir";  // folder on each node with the agent's certificate and token
  uint32_t agents = 3;
  uint32_t agent_cpus = 2;
  std::string agent_memory = "1GiB";
  int64_t deadline_ns = 0;
  AgentNeeds needs;
};

// Every reason why these values make no job.
std::vector<std::string> ProblemsOf(const BacalhauRun& run);

// ProblemsOf(run) must be empty.
std::string RenderBacalhauJob(const BacalhauRun& run);

}  // namespace weir
