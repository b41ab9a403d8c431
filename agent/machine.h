// Facts about the machine an agent runs on, for the report.
#pragma once

#include "proto/results.pb.h"

namespace weir {

uint32_t UsableCores();  // by the scheduler's affinity mask

// Host, kernel, processor, memory, conditions; without index and name.
v1::AgentFacts ReadMachine();

}  // namespace weir
