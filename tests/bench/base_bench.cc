// What the event loop costs per operation, and how late its timers are.
#include <algorithm>
#include <vector>

#include "benchmark/benchmark.h"

#include "base/clock.h"
#include "base/epoll_loop.h"
#include "base/random.h"
#include "base/timer_queue.h"

namespace weir {
namespace {

class Ignoring final : public TimerHandler {
 public:
  void OnTimer() override {}
};

class Lateness final : public TimerHandler {
 public:
  void OnTimer() override { late_ns.push_back(MonotonicNs() - due_ns); }
  int64_t due_ns = 0;
  std::vector<int64_t> late_ns;
};

// A timeout per operation, far ahead, cancelled when the operation is answered.
void BM_TimerScheduleCancel(benchmark::State& state) {
  TimerQueue queue;
  Ignoring handler;
  std::vector<TimerId> pending(static_cast<size_t>(state.range(0)));
  int64_t now = 0;
  size_t i = 0;
  for (auto _ : state) {
    TimerId& timer = pending[i++ % pending.size()];
    queue.Cancel(timer);
    timer = queue.Schedule(++now + 30 * kNsPerSecond, &handler);
  }
}
BENCHMARK(BM_TimerScheduleCancel)->Arg(1)->Arg(64)->Arg(4'096);

void BM_TimerScheduleRun(benchmark::State& state) {
  TimerQueue queue;
  Ignoring handler;
  int64_t now = 0;
  uint64_t counter = 0;
  for (auto _ : state) {
    queue.Schedule(++now + static_cast<int64_t>(Below(Draw(1, ++counter), 1'000)), &handler);
    queue.RunDue(now);
  }
}
BENCHMARK(BM_TimerScheduleRun);

void BM_LoopTurnWithNothingToDo(benchmark::State& state) {
  EpollLoop loop;
  for (auto _ : state) loop.RunOnce(0);
}
BENCHMARK(BM_LoopTurnWithNothingToDo);

// Waits of 200 µs; counters: how much later than due the timer ran.
void BM_TimerLateness(benchmark::State& state) {
  EpollLoop loop;
  Lateness timer;
  for (auto _ : state) {
    timer.due_ns = loop.Now() + 200 * kNsPerUs;
    loop.Schedule(timer.due_ns, &timer);
    const size_t before = timer.late_ns.size();
    while (timer.late_ns.size() == before) loop.RunOnce(timer.due_ns);
  }
  std::sort(timer.late_ns.begin(), timer.late_ns.end());
  const size_t last = timer.late_ns.size() - 1;
  state.counters["late_p50_ns"] = static_cast<double>(timer.late_ns[last / 2]);
  state.counters["late_p99_ns"] = static_cast<double>(timer.late_ns[last * 99 / 100]);
}
BENCHMARK(BM_TimerLateness)->Iterations(2'000);

// What memory allows: blocks that no cache holds, copied. The limit of everything that makes bytes.
void BM_CopyMemory(benchmark::State& state) {
  constexpr size_t kBytes = size_t{64} << 20;
  const std::vector<char> from(kBytes, 'x');
  std::vector<char> to(kBytes);
  for (auto _ : state) {
    std::copy(from.begin(), from.end(), to.begin());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kBytes));
}
BENCHMARK(BM_CopyMemory);

}  // namespace
}  // namespace weir
