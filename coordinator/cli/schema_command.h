// `weir schema`: the shape of a campaign file, for editors and for people.
#pragma once

#include <string>

#include "coordinator/cli/exit_code.h"

namespace weir {

// `format`: "json" (JSON Schema, draft-07) or "markdown".
ExitCode SchemaCommand(const std::string& format);

}  // namespace weir
