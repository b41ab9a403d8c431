#include "agent/watch/worker_use.h"

#include <pthread.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <time.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "base/clock.h"

namespace weir {
namespace {

std::optional<uint64_t> ReadClock(clockid_t clock) {
  timespec time;
  if (clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<uint64_t>(time.tv_sec * kNsPerSecond + time.tv_nsec);
}

}  // namespace

WorkerUse::WorkerUse() : spin_by_core_(static_cast<size_t>(std::max(1, get_nprocs_conf()))) {}

WorkerUse::Turn::Turn(WorkerUse& use) : use_(use) {
  clockid_t clock;
  if (pthread_getcpuclockid(pthread_self(), &clock) == 0) use_.clock_.store(clock);
}

WorkerUse::Turn::~Turn() {
  use_.last_cpu_ns_.store(ReadClock(CLOCK_THREAD_CPUTIME_ID).value_or(0));
  use_.clock_.store(kNoClock);
}

void WorkerUse::AddSpin(int64_t ns) {
  const auto core = static_cast<size_t>(std::max(0, sched_getcpu())) % spin_by_core_.size();
  spin_by_core_[core].fetch_add(static_cast<uint64_t>(ns), std::memory_order_relaxed);
}

uint64_t WorkerUse::CpuNs() const {
  const clockid_t clock = clock_.load();
  // A thread that ends meanwhile has left its last value.
  if (clock == kNoClock) return last_cpu_ns_.load();
  return ReadClock(clock).value_or(last_cpu_ns_.load());
}

std::vector<uint64_t> WorkerUse::SpinByCore() const {
  std::vector<uint64_t> spin;
  for (const auto& core : spin_by_core_) spin.push_back(core.load(std::memory_order_relaxed));
  return spin;
}

uint64_t WorkerUse::SpinNs() const {
  const std::vector<uint64_t> spin = SpinByCore();
  return std::accumulate(spin.begin(), spin.end(), uint64_t{0});
}

}  // namespace weir
