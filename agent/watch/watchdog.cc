#include "agent/watch/watchdog.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kPeriodNs = kNsPerMs;

void SleepUntil(int64_t at_ns) {
  const timespec at{at_ns / kNsPerSecond, at_ns % kNsPerSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

}  // namespace

void GapBook::Turn(int64_t now_ns) {
  const int64_t gap_ns = last_turn_ns_ == 0 ? 0 : now_ns - last_turn_ns_;
  last_turn_ns_ = now_ns;
  const auto gap = static_cast<uint64_t>(gap_ns);
  if (gap_ns > kLongGapNs) long_ns_.fetch_add(gap, std::memory_order_relaxed);
  uint64_t most = most_ns_.load(std::memory_order_relaxed);
  while (gap > most && !most_ns_.compare_exchange_weak(most, gap, std::memory_order_relaxed)) {
  }
}

WatchdogGaps GapBook::Take() { return {long_ns_.exchange(0), most_ns_.exchange(0)}; }

Watchdog::Watchdog() : thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  over_ = true;
  thread_.join();
}

void Watchdog::Run() {
  while (!over_.load(std::memory_order_relaxed)) {
    const int64_t now = MonotonicNs();
    book_.Turn(now);
    SleepUntil(now + kPeriodNs);
  }
}

}  // namespace weir
