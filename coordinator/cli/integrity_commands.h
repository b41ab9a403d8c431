// `weir verify` and `weir deadletter`: what became of a run's writes.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/cli/exit_code.h"

namespace weir {

struct VerifyOptions {
  std::string store;
  std::string run;
  std::string target;         // empty: all
  std::string letters;        // folder of dead letters; empty: beside the store
  std::string read = "auto";  // full, sample, or auto: by the number of records
};

// kExitNotWhole when a target holds something else than the run's ledger says.
ExitCode VerifyCommand(const VerifyOptions& options);

struct DeadLetterOptions {
  std::string store;
  std::string run;
  std::string target;
  std::string letters;
};

ExitCode ListLettersCommand(const DeadLetterOptions& options);
// kExitNotWhole when some could not be delivered again.
ExitCode ReplayLettersCommand(const DeadLetterOptions& options);

}  // namespace weir
