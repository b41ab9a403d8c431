// `weir recover`: the result of a run whose coordinator died, from its journal, the results store
// and the spools that its agents left (coordinator/run_recovery.h).
#pragma once

#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct RecoverOptions {
  std::string run;                  // an id, the beginning of one, or "latest"
  std::vector<std::string> spools;  // folders; what is in folders below counts as well
};

void AddRecoverOptions(CLI::App* command, RecoverOptions* options);

ExitCode RecoverCommand(const std::string& store, const RecoverOptions& options);

}  // namespace weir
