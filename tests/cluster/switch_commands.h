// What the switch is told while it runs, a line each (the README of this folder lists them), and
// what it answers. No I/O. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/cluster/fabric.h"

namespace weir::cluster {

// Carries out one line; the answer is one line without its end: "ok", "ok …" or "error: …". An
// erroneous line changes nothing. `names` are those of the ports, in their order.
std::string CarryOut(std::string_view line, const std::vector<std::string>& names, Fabric& fabric);

}  // namespace weir::cluster
