// Facts about the machine an agent runs on, for the report.
#pragma once

#include <cstdint>
#include <string>

#include "proto/results.pb.h"

namespace weir {

uint32_t UsableCores();  // by the scheduler's affinity mask

// Of an agent that nobody named: "HOST-PROCESS", in characters and of a length that a name may have
// (64). A host's name that is too long, or has others, is cut to its beginning and the checksum of
// the whole, so that machines of a cluster, which differ at the end of theirs, stay apart.
std::string DefaultAgentName(const std::string& host, int64_t process);

// Host, kernel, processor, memory, conditions; without index and name.
v1::AgentFacts ReadMachine();

}  // namespace weir
