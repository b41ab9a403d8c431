// What `weir` tells the shell. Documented in docs/exit-codes.md and `weir --help`; the numbers are
// a promise to scripts.
#pragma once

namespace weir {

enum ExitCode : int {
  kExitValid = 0,           // done; a run: VALID, DEGRADED or UNVERIFIED, every threshold met
  kExitFailure = 1,         // anything else: a file cannot be written, an agent is lost, …
  kExitUsage = 2,           // the command line is wrong
  kExitBadCampaign = 3,     // the campaign has problems; nothing was started
  kExitTarget = 4,          // a target could not be reached, or refused us
  kExitRunInvalid = 5,      // the run is INVALID: its numbers must not be used
  kExitThreshold = 6,       // the run is valid, a threshold was missed
  kExitNoHeadroom = 7,      // the agents cannot offer the load; no target was driven
  kExitRunPartial = 8,      // an agent was lost and tolerated: the load was smaller than planned
  kExitNotWhole = 9,        // a target does not hold what it acknowledged; letters undelivered
  kExitGate = 10,           // weir gate: the run does not pass
  kExitBudget = 11,         // the run stopped because the campaign's budget was used up
  kExitAgentsMissing = 12,  // not all agents joined in time; no target was touched
  kExitAgentLost = 13,      // an agent was lost, and the run ended for it; it is INVALID
  kExitInterrupted = 130,   // Ctrl-C; what was measured is kept
};

}  // namespace weir
