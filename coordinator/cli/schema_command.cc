#include "coordinator/cli/schema_command.h"

#include <cstdio>

#include "coordinator/campaign_reference.h"
#include "coordinator/json_schema.h"

namespace weir {

ExitCode SchemaCommand(const std::string& format) {
  const std::string text = format == "markdown" ? CampaignReference() : CampaignJsonSchema();
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? kExitValid : kExitFailure;
}

}  // namespace weir
