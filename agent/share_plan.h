// What one agent's share of a stage holds, counted before it starts: by operation and second of the
// intended start. The coordinator compares it with what the agent reports, and counts from it what
// is lost with an agent (R42, R43). Pure.
#pragma once

#include <cstdint>

#include "agent/recorder.h"
#include "generators/operation_plan.h"
#include "generators/schedule.h"
#include "proto/control.pb.h"

namespace weir {

struct Share {
  uint32_t index = 0;
  uint32_t count = 1;
};

// Open loop: operations from second_phase_offset_ns on belong to the shape's second phase.
void CountSchedule(const Schedule& schedule, const OperationPlan& plan, const TallyShape& shape,
                   int64_t second_phase_offset_ns, Share share, v1::Prepared* prepared);

// A load: as many operations of one type, due when a session is free.
void CountLoad(uint64_t operations, const TallyShape& shape, Share share, v1::Prepared* prepared);

}  // namespace weir
