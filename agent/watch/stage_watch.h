// Watches one stage: takes a sample of the machine at the end of every second of it, on a thread of
// its own. Made before the stage's workers start, ends after them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/watch/system_reader.h"
#include "agent/watch/watchdog.h"
#include "agent/watch/worker_use.h"
#include "proto/results.pb.h"

namespace weir {

// Everything counted up to one moment.
struct Moment {
  struct Worker {
    uint64_t cpu_ns = 0;
    uint64_t spin_ns = 0;
  };

  int64_t at_ns = 0;
  SystemReading system;
  uint64_t process_cpu_ns = 0;
  std::vector<Worker> workers;
  std::vector<uint64_t> spin_by_core;  // of all workers
};

// What lies between two moments. `usable`: the cores that we may run on; all when empty. Pure.
v1::ResourceSample SampleBetween(const Moment& from, const Moment& to, const WatchdogGaps& gaps,
                                 const std::vector<uint32_t>& usable);

std::vector<uint32_t> UsableCoreNumbers();  // by the scheduler's affinity mask

class StageWatch {
 public:
  // Second 0 begins at start_ns.
  StageWatch(int64_t start_ns, uint32_t workers, std::string root = "/");
  ~StageWatch();
  StageWatch(const StageWatch&) = delete;
  StageWatch& operator=(const StageWatch&) = delete;

  WorkerUse& worker(uint32_t index) { return uses_[index]; }

  // The sample of this second; taken now when the second is not over yet, as when all workers have
  // finished within it. Each second once, in order; any one thread.
  v1::ResourceSample Of(uint32_t second);

 private:
  void Run();
  Moment Now() const;
  void Sample(uint32_t second);  // with mutex_ held

  const int64_t start_ns_;
  const SystemReader reader_;
  const std::vector<uint32_t> usable_;
  std::deque<WorkerUse> uses_;
  Watchdog watchdog_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  Moment last_;
  uint32_t next_second_ = 0;                        // all before have been sampled
  std::map<uint32_t, v1::ResourceSample> samples_;  // taken and not asked for yet
  std::thread thread_;                              // last: it uses the others
};

}  // namespace weir
