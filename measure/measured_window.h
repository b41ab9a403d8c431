// Which phase the operations of a kept second count for. Seconds are stored as they were driven;
// when a phase turned out steady only later, its start was moved, and the spans of the leg say so.
// Pure.
#pragma once

#include <cstdint>

#include "proto/results.pb.h"

namespace weir {

// `second`: of the interval that holds `part`.
v1::Phase CountedPhase(const v1::Leg& leg, uint32_t second, const v1::OperationInterval& part);

}  // namespace weir
