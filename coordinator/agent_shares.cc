#include "coordinator/agent_shares.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

// Every agent needs a session of every stage, or its part of the plan would not be carried out.
std::string CheckSessions(const v1::Campaign& campaign, uint32_t agents) {
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    const bool load = scenario.phases().has_load();
    const v1::LoadShape& shape = scenario.shape();
    const uint32_t driving = shape.has_open()     ? shape.open().sessions()
                             : shape.has_closed() ? shape.closed().sessions()
                                                  : agents;
    const uint32_t fewest = load ? std::min(driving, scenario.phases().load().sessions()) : driving;
    if (fewest >= agents) continue;
    return absl::StrCat("scenario ", scenario.name(), ": ", fewest,
                        " sessions cannot be shared by ", agents,
                        " agents; give it more sessions or the run fewer agents");
  }
  return "";
}

// The closed loops of a search for capacity are shared as well.
std::string CheckLoops(const v1::Campaign& campaign, uint32_t agents) {
  for (const uint32_t sessions : campaign.capacity().sessions()) {
    if (sessions >= agents) continue;
    return absl::StrCat("capacity: a closed loop of ", sessions, " sessions cannot be shared by ",
                        agents, " agents; begin with more, or run fewer agents");
  }
  return "";
}

}  // namespace

std::string WhyNotShared(const v1::Campaign& campaign, uint32_t agents) {
  for (const v1::Target& target : campaign.targets()) {
    if (agents > 1 && target.sqlite().path() == ":memory:") {
      return absl::StrCat("target ", target.name(),
                          ": each agent has an in-memory database of its own; run with --agents 1 "
                          "or give it a file");
    }
  }
  const std::string loops = CheckLoops(campaign, agents);
  return loops.empty() ? CheckSessions(campaign, agents) : loops;
}

}  // namespace weir
