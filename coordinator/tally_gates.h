// The gates that the counts and histograms of a phase answer by themselves, and how far the agents
// agree. Pure functions of the leg.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// Names of the agents by index.
using AgentNames = std::vector<std::string>;

v1::GateResult JudgeDispatched(const v1::Leg& leg, v1::Phase phase);

// How much longer operations took counted from their intended start than counted from the dispatch,
// at each quantile that the report gives, of each operation, merged and of each agent. A difference
// of floor_ns or less does not count, nor one below the histograms' resolution.
std::vector<v1::GateResult> JudgeGeneratorShare(const v1::Leg& leg, v1::Phase phase,
                                                const AgentNames& names, double floor_ns);

v1::GateResult JudgeOverflow(const v1::Leg& leg, v1::Phase phase);
v1::GateResult JudgeLostReports(const v1::Leg& leg, v1::Phase phase);

// Each agent's response times beside the others'; an outlier is more than 1.5 times the median
// agent, the lower one of two.
std::vector<v1::AgentSpread> SpreadsOf(const v1::Leg& leg, v1::Phase phase, double floor_ns);
std::vector<v1::GateResult> JudgeAgreement(const std::vector<v1::AgentSpread>& spreads,
                                           const AgentNames& names);

}  // namespace weir
