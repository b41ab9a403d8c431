#include "base/simulated_loop.h"

#include <algorithm>

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
  const int64_t next = std::min(until_ns, timers_.NextNs());
  now_ns_ = std::max(now_ns_, next);
  timers_.RunDue(now_ns_);
}

}  // namespace weir
