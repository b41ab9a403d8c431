// What the command line of an agent says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/control_security.h"

#include "agent/operator_limits.h"

namespace weir {

struct AgentOptions {
  std::string coordinator;  // HOST:PORT, several separated by commas; or
  std::string listen;       // HOST:PORT: wait here to be dialled, for one run after another
  bool once = false;        // with `listen`: end after one run
  ControlSecurityOptions security;
  std::string run_id;             // attend this run and no other; empty: any
  std::optional<uint32_t> index;  // of the agent in the run; without: by the platform, or any
  int64_t join_timeout_ns = 120'000'000'000;  // to find the coordinator
  std::string name;                           // empty: host name and process id
  int workers = 0;    // 0: usable cores ÷ agents on this machine, at least one
  std::string spool;  // folder for reports not acknowledged yet; empty: the temporary folder
  // With `spool`: reports that nobody has, and operations that failed for good, are kept for so
  // long before the process ends.
  int64_t await_fetch_ns = 0;
  // Folder for operations that failed for good; empty: the spool's. Never more than this many
  // bytes.
  std::string dead_letters;
  uint64_t most_dead_letter_bytes = 1 << 30;
  bool die_with_parent = false;
  OperatorLimits limits;
};

}  // namespace weir
