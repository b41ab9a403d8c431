#include "coordinator/cli/run_command.h"

#include <cstdio>

#include "coordinator/cli/check_command.h"

namespace weir {

// Run control is not linked yet: a campaign is checked and refused.
ExitCode RunCommand(const RunOptions& options) {
  const CampaignReading reading = ReadAndReport(options.campaign, options.overrides);
  if (!reading.problems.empty()) return kExitBadCampaign;
  std::fprintf(stderr, "weir run: this build cannot run campaigns yet\n");
  return kExitFailure;
}

}  // namespace weir
