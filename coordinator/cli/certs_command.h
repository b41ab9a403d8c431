// `weir certs`: certificates and a join token, for agents on other machines.
#pragma once

#include <string>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct CertsOptions {
  std::string out;
  int days = 7;
};

void AddCertsOptions(CLI::App* command, CertsOptions* options);

ExitCode CertsCommand(const CertsOptions& options);

}  // namespace weir
