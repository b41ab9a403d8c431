// The shape of a command line: what completion and suggestions are made from.
#pragma once

#include "coordinator/cli/completion.h"

namespace CLI {
class App;
}

namespace weir {

CommandShape ShapeOf(const CLI::App& app);

}  // namespace weir
