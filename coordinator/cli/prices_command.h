// weir prices: Weir's own price book, to be copied and corrected; or whether a copy is right.
#pragma once

#include <string>

#include "coordinator/cli/exit_code.h"

namespace weir {

// Prints Weir's own book; with a path checks that one and says what it holds.
ExitCode PricesCommand(const std::string& path);

}  // namespace weir
