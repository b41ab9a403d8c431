// `weir schema`: the shape of a campaign file, for editors and for people, or of report.json.
#pragma once

#include <string>

#include "coordinator/cli/exit_code.h"

namespace weir {

// `subject`: "campaign" or "report"; `format`: "json" (JSON Schema, draft-07) or, of campaigns,
// "markdown".
ExitCode SchemaCommand(const std::string& subject, const std::string& format);

}  // namespace weir
