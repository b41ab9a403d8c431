// `weir cosmos-emulator`: a local Cosmos-compatible server until it is told to stop.
#pragma once

#include <string>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct EmulatorCommandOptions {
  std::string listen = "127.0.0.1:8081";  // port 0: any that is free
  int throughput = 400;                   // RU/s of containers created without one
  std::string key;  // "${env:NAME}" or "${file:PATH}"; empty: the well-known emulator key
  bool throttle = true;
  bool serverless = false;
  bool burst = false;
  bool admin = false;           // unsigned requests below /_weir are answered
  std::string charges;          // settings file of the charge model; empty: its defaults
  std::string explain;          // where to write how each charge came about; "-": standard output
  std::string data_folder;      // where everything is kept; empty: in memory
  bool tls = false;             // https:// with a certificate made for it
  std::string tls_folder;       // where that certificate is kept; empty: in memory
  std::string tls_certificate;  // PEM files of the user's own; both or neither
  std::string tls_key;
};

void AddEmulatorOptions(CLI::App* command, EmulatorCommandOptions* options);

ExitCode EmulatorCommand(const EmulatorCommandOptions& options);

}  // namespace weir
