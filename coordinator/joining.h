// What a run says of how its agents joined.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/roster.h"
#include "proto/results.pb.h"

namespace weir {

inline constexpr char kPlainOverNetwork[] =
    "agents and coordinator talked in plain text over the network (--insecure): whoever could "
    "reach it could read and change what they said";

// By index: "2 of 3 agents did not join within 120 s (--join-timeout); missing: 0, 2; here: 1 (far
// on beta)". Where all have joined, their clocks are what is missing, or others, if their number is
// open and less than `fewest`.
std::string MissingAgents(const Roster& roster, int64_t timeout_ns, uint32_t fewest);

// The number of agents is settled that was left open: it stands among the run's conditions. Why the
// campaign's work cannot be shared by so many; empty where it can.
std::string SettleNumber(uint32_t agents, v1::RunResult* run);

// One line per agent whose wall clock is more than 100 ms off the coordinator's. Nothing is
// measured by it.
std::vector<std::string> WallClockWarnings(const v1::RunResult& run);

}  // namespace weir
