// `weir selftest`: the instrument checks itself, one line per test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct SelftestCommandOptions {
  std::vector<std::string> names;  // all when empty
  bool fast = false;               // only those in virtual time, shorter
  bool list = false;
  bool json = false;
  uint64_t seed = 1;
  std::string postgres_bin;
};

// kExitValid when nothing failed (what was skipped is counted in the last line), kExitFailure when
// something did, kExitUsage for a name that does not exist.
void AddSelftestOptions(CLI::App* command, SelftestCommandOptions* options);

ExitCode SelftestCommand(const SelftestCommandOptions& options);

}  // namespace weir
