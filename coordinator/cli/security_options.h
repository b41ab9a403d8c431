// The options that protect a stream between a coordinator, its relays and their agents, for the
// commands that are an end of one.
#pragma once

#include <string>

#include "control/control_security.h"

namespace CLI {
class App;
}

namespace weir {

// `whose` certificate the folder of --tls is to hold: "the coordinator's". `insecure` says what
// --insecure does.
void AddSecurityOptions(CLI::App* command, const std::string& whose, const char* insecure,
                        ControlSecurityOptions* options);

}  // namespace weir
