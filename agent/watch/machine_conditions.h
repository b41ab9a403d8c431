// What about a machine bears on a measurement and is not part of the campaign: power management,
// topology, limits, clocks, where it runs. Every item is always there, "NOT DISCLOSED" when it
// cannot be had.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/watch/system_reader.h"
#include "proto/results.pb.h"

namespace weir {

inline constexpr char kNotDisclosed[] = "NOT DISCLOSED";

// The value of an environment variable, "" when there is none. WEIR_NODE_TYPE and WEIR_NODE_ZONE
// name the kind of machine and its zone, where whoever deploys an agent knows them.
using Environment = std::function<std::string(const std::string& name)>;

std::vector<v1::Condition> ReadConditions(const SystemReader& system,
                                          const Environment& environment);

}  // namespace weir
