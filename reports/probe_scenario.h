// What a probe of a search for capacity drives: the campaign's scenario at another rate, or as a
// closed loop, for another time. A pure function of campaign and probe, so that who plans, runs and
// verifies it need not be told more (R31).
#pragma once

#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

// Whether the mix changes what the target holds, so that the next probe needs it restored.
bool Writes(const v1::Scenario& scenario);

// `loads`: with the scenario's own load phase before it.
v1::Scenario ProbeScenario(const v1::Capacity& capacity, const v1::Scenario& scenario,
                           const v1::Probe& probe, bool loads);

// Puts what the leg drove in the place of its scenario; nothing to do where it is no probe.
void DriveAsProbed(const v1::RunResult& run, const v1::Leg& leg, v1::Campaign* campaign);

}  // namespace weir
