// The command line's options for what an agent's operator allows.
#pragma once

#include "agent/operator_limits.h"

namespace CLI {
class App;
}

namespace weir {

// `limits` outlives the parsing.
void AddLimitOptions(CLI::App* app, OperatorLimits* limits);

}  // namespace weir
