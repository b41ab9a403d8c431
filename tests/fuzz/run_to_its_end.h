// The end of every fuzzer of what a coordinator hears while a run is under way.
#pragma once

#include "base/check.h"
#include "base/clock.h"
#include "tests/coordinator/rehearsal.h"

namespace weir {

// The agents report on, the user has enough: whatever was said before, the run comes to its end.
inline void RunToItsEnd(EndlessRehearsal& run) {
  run.Pass(kNsPerSecond, 500 * kNsPerMs);
  run.control_->Interrupt(run.now_);
  run.Pass(20 * kNsPerSecond, kNsPerSecond);
  WEIR_CHECK(run.finished_);
}

}  // namespace weir
