// The figures of now as text: a few lines for a terminal, or all in one. Pure.
#pragma once

#include <string>
#include <vector>

#include "coordinator/live/live_run.h"

namespace weir {

// Stage and what is left; rate and response times; errors, request units; agents and gates. Lines
// are at most `width` columns.
std::vector<std::string> LiveLines(const LiveRun& run, size_t width);

// The same in short, as one line of any length.
std::string LiveLine(const LiveRun& run);

}  // namespace weir
