// Whether a host is this very machine, and nobody else's. Resolving a name may block.
#pragma once

#include <string>

namespace weir {

// A Unix socket's path, or one or several hosts, separated by commas, of which every address is a
// loopback address. A name that cannot be resolved is not.
bool IsLoopback(const std::string& hosts);

}  // namespace weir
