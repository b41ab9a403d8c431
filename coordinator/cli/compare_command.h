// `weir compare`, `weir gate` and `weir history`: runs of the results store beside each other,
// whether one may pass, and where a campaign's runs changed their level.
#pragma once

#include <string>
#include <vector>

#include "coordinator/cli/exit_code.h"

namespace CLI {
class App;
}

namespace weir {

struct CompareOptions {
  std::vector<std::string> runs;  // the first is the baseline; one alone shows its own comparison
};

struct GateOptions {
  std::string run;
  std::string baseline;              // none when empty
  double most_regression = 10;       // percent
  std::vector<std::string> metrics;  // that are held against the baseline; the usual when empty
  std::string junit;                 // files to write; none when empty
  std::string markdown;
};

struct HistoryOptions {
  std::string campaign;              // its name
  std::vector<std::string> metrics;  // the usual when empty
  std::string csv;                   // file to write; none when empty
};

void AddHistoryOptions(CLI::App* command, HistoryOptions* options);
void AddCompareOptions(CLI::App* command, CompareOptions* options);
void AddGateOptions(CLI::App* command, GateOptions* options);

ExitCode CompareCommand(const std::string& store, const CompareOptions& options);
ExitCode HistoryCommand(const std::string& store, const HistoryOptions& options);
ExitCode GateCommand(const std::string& store, const GateOptions& options);

}  // namespace weir
