// Whether a probe kept to the objective of its campaign (R32). A pure function of the leg.
#pragma once

#include <string>

#include "measure/theil_sen.h"
#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

// Fills in how the leg's probe ended, with every part of the objective. The leg has been judged
// (JudgeLeg); `backlog` is what BacklogWatch saw over its measure phase.
//
// A gate that failed makes the probe GENERATOR_LIMITED, whatever the objective says, but for two:
// gates that the user overrides, and `agreement` where the backlog grows. Above capacity each
// agent's queue goes its own way, so that they see different response times of the same database.
void JudgeProbe(const v1::Objective& objective, const Slope& backlog, v1::Leg* leg);

// "p99 ≤ 50 ms", and the rest of it where `whole`: "p99 ≤ 50 ms, errors ≤ 0.1 %, …".
std::string ObjectiveText(const v1::Objective& objective, bool whole);

// One line for the user: "1,250 /s passed: p99 12 ms".
std::string ProbeLine(const v1::Leg& leg);

}  // namespace weir
