// The verdict on a proof of headroom (R10): whether the agents can offer more than a scenario asks
// for, to a backend that does nothing. A pure function.
#pragma once

#include "proto/results.pb.h"

namespace weir {

inline constexpr double kHeadroomFactor = 1.5;

// `proof`: the leg that the proof was recorded and judged in.
v1::Headroom JudgeHeadroom(const v1::Leg& proof);

}  // namespace weir
