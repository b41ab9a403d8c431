#include "base/simulated_loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace weir {

void SimulatedLoop::Watch(int, uint32_t, IoHandler*) { WEIR_CHECK(false && "no descriptors here"); }
void SimulatedLoop::Rewatch(int, uint32_t) { WEIR_CHECK(false && "no descriptors here"); }
void SimulatedLoop::Unwatch(int) { WEIR_CHECK(false && "no descriptors here"); }

TimerId SimulatedLoop::Schedule(int64_t at_ns, TimerHandler* handler) {
  return timers_.Schedule(at_ns, handler);
}

void SimulatedLoop::Cancel(TimerId timer) { timers_.Cancel(timer); }

void SimulatedLoop::RunOnce(int64_t until_ns) {
  if (!std::exchange(woken_, false)) {
    now_ns_ = std::max(now_ns_, std::min(until_ns, timers_.NextNs()));
  }
  timers_.RunDue(now_ns_);
}

}  // namespace weir
