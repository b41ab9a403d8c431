// `weir verify` and `weir deadletter`: what became of a run's writes.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

// --target: only this one.
void AddTargetOption(CLI::App* command, std::string* target);

struct VerifyOptions {
  std::string store;
  std::string run;
  std::string target;         // empty: all
  std::string letters;        // folder of dead letters; empty: beside the store
  std::string read = "auto";  // full, sample, or auto: by the number of records
};

void AddVerifyOptions(CLI::App* command, VerifyOptions* options);

// kExitNotWhole when a target holds something else than the run's ledger says.
ExitCode VerifyCommand(const VerifyOptions& options);

struct DeadLetterOptions {
  std::string store;
  std::string run;
  std::string target;
  std::string letters;
};

// Of each command on dead letters.
void AddLetterOptions(CLI::App* command, DeadLetterOptions* options);

ExitCode ListLettersCommand(const DeadLetterOptions& options);
// kExitNotWhole when some could not be delivered again.
ExitCode ReplayLettersCommand(const DeadLetterOptions& options);

}  // namespace weir
