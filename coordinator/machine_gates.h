// The gates that an agent's machine answers: was it free to run, and did nothing around it give
// way? Pure functions of what was watched.
#pragma once

#include <vector>

#include "coordinator/resource_watch.h"
#include "proto/results.pb.h"

namespace weir {

// How one agent's machine stands at one gate. `severity`: how close to the limit, to find the
// closest of several agents.
struct MachineVerdict {
  v1::GateResult result;
  double severity = 0;
  bool measured = true;
};

// In the order of the gates' table. `paced`: the load follows a schedule or a number of sessions;
// what loads as fast as it goes may fill its threads.
std::vector<MachineVerdict> JudgeMachine(const ResourceWatch& machine, const v1::AgentFacts& agent,
                                         bool paced);

}  // namespace weir
