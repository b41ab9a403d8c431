// The verdict on a proof of headroom (R10): whether the agents can offer more than a scenario asks
// for, to a backend that does nothing. A pure function.
#pragma once

#include <string>

#include "proto/results.pb.h"

namespace weir {

inline constexpr double kHeadroomFactor = 1.5;

// `proof`: the leg that the proof was recorded and judged in.
v1::Headroom JudgeHeadroom(const v1::Leg& proof);

// The verdict where an agent could not even try.
v1::Headroom NoHeadroom(const std::string& why);

// Why there is none, and what to do about it.
std::string HeadroomWords(const v1::Headroom& headroom);

// The leg is driven with what the proof came to; although it failed, too, and then says so.
void DriveWith(const v1::Headroom& headroom, v1::Leg* leg);

}  // namespace weir
