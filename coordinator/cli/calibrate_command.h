// `weir cosmos calibrate`: measures what requests cost on an account, fits the charge model to it
// and writes its settings file.
#pragma once

#include <string>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct CalibrateOptions {
  std::string endpoint;              // "https://account.documents.azure.com:443/"
  std::string key;                   // "${env:NAME}" or "${file:PATH}"
  std::string tls_root_certificate;  // file; empty: the system's
  std::string out;                   // settings file to write
  std::string charges;               // settings file to begin with; empty: the defaults
  std::string database;              // empty: one of its own
  int throughput = 400;
  double most_ru = 20000;
  bool keep = false;
  bool yes = false;       // do not ask
  std::string confirmed;  // host of a real account that may be written to
};

void AddCalibrateOptions(CLI::App* command, CalibrateOptions* options);

ExitCode CalibrateCommand(const CalibrateOptions& options);

// Why this endpoint may not be written to; empty when it may. Accounts that are not on this machine
// need their host as `confirmed`.
std::string RefuseEndpoint(const std::string& endpoint, const std::string& confirmed);

}  // namespace weir
