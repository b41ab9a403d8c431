// What one worker thread took: CPU time by the kernel's clock of the thread, and the part of it
// that it spent spinning towards a due time. The worker writes, the watch reads; a worker is never
// held up.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace weir {

class WorkerUse {
 public:
  WorkerUse();

  // On the worker's thread: while one lives, the thread is the worker.
  class Turn {
   public:
    explicit Turn(WorkerUse& use);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    WorkerUse& use_;
  };

  void AddSpin(int64_t ns);  // on the worker's thread, on the core where it was spent

  // Any thread.
  uint64_t CpuNs() const;
  std::vector<uint64_t> SpinByCore() const;
  uint64_t SpinNs() const;

 private:
  static constexpr clockid_t kNoClock = INT32_MAX;

  std::atomic<clockid_t> clock_{kNoClock};
  std::atomic<uint64_t> last_cpu_ns_{0};  // when the thread has ended
  std::vector<std::atomic<uint64_t>> spin_by_core_;
};

}  // namespace weir
