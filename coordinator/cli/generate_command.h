// `weir generate`: records of a dataset as text.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct GenerateOptions {
  std::string dataset;  // "logs"
  uint64_t first = 0;   // index of the first record
  uint64_t records = 1000;
  uint64_t seed = 1;
  std::string format = "jsonl";  // or "csv"
  std::string out;               // a file, written as a whole or not at all; empty: standard output
};

// In constant memory, however many records. A reader that closes the pipe ends it quietly.
void AddGenerateOptions(CLI::App* command, GenerateOptions* options);

ExitCode GenerateCommand(const GenerateOptions& options);

}  // namespace weir
