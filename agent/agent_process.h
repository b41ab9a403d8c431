// An agent's process: connects AgentControl to gRPC, to the clock and to the threads that do the
// work.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

struct AgentOptions {
  std::string coordinator;  // HOST:PORT
  std::string name;         // empty: host name and process id
  int workers = 0;          // 0: usable cores ÷ agents on this machine, at least one
  std::string spool;        // folder for reports not acknowledged yet; empty: the temporary folder
  // Folder for operations that failed for good; empty: the spool's. Never more than this many
  // bytes.
  std::string dead_letters;
  uint64_t most_dead_letter_bytes = 1 << 30;
  bool die_with_parent = false;
};

// Runs until the coordinator says goodbye or is lost; returns the process's exit code.
int RunAgent(const AgentOptions& options);

}  // namespace weir
